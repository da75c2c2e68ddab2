"""Write everything as one HTML file that needs neither a network nor other files.

The page's content security policy allows its own script and style, by their hashes, and
embedded pictures, and nothing else: no text from a results file can run as code.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from restorekit.io.terminal import counted
from restorekit.version import __version__

from ..board import Row
from .cells import Number, plain, spread
from .page_data import page_data
from .pictures import Pictures
from .report import Report, with_code
from .sections import Section, explanation, measure_key

_FOLDER = Path(__file__).with_name("assets")
_SCRIPTS = ("dom", "table", "plot", "scatter", "cost", "compare", "parts", "images", "main")
_START = 'const DATA = JSON.parse(document.getElementById("data").textContent);\n'
#: Size in pixels of the drawing of an interval, and the margin for marks at its ends.
_WIDTH, _HEIGHT, _MARGIN = 120, 16, 7


def board_page(sections: Sequence[Section], pictures: Mapping[str, Pictures]) -> str:
    """Return the page of rankings.

    Args:
        sections: The rankings to show.
        pictures: Fingerprint of a test set to its pictures; any may be missing.
    """
    files = {row.entry.source for one in sections for row in one.board.rows}
    sets = {one.board.ranking.dataset.fingerprint for one in sections}
    counts = {"results file": len(files), "test set": len(sets), "ranking": len(sections)}
    listed = [counted(count, what) for what, count in counts.items()]
    return _page(
        "leaderboard.html",
        page_data(sections, pictures),
        title="Leaderboard",
        lead=f"{', '.join(listed)}.",
        sections=[(section, IntervalPlot(section)) for section in sections],
        explanation=explanation(sections),
    )


def report_page(report: Report) -> str:
    """Return the page of a report, with its figures in it."""
    return _page("report.html", {}, title=report.title, lead=report.lead, report=report)


def script_json(data: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the script element around it, whatever text it contains."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


class IntervalPlot:
    """Draws the intervals of a board's deciding measure on one common scale.

    The rainy input, usually far below, is neither drawn nor part of the scale.

    Attributes:
        column: Key of the column after which the drawings are shown.
        known: Whether there is anything to draw.
        span: The ends of the scale, in words.
        width: Width of a drawing in pixels.
        height: Height of a drawing in pixels.
    """

    width, height = _WIDTH, _HEIGHT

    def __init__(self, section: Section) -> None:
        board = section.board
        self._measure = board.ranking.measures[0]
        self.column = measure_key(self._measure)
        ranked = [row for row in board.rows if row.entry.rank is not None]
        ends = [end for row in ranked for end in row.intervals[self._measure.measure] or ()]
        self.known = bool(ends)
        if self.known:
            ends += [value for row in ranked for value in self._published(row)]
            self._low, self._high = min(ends), max(ends)
            self.span = self._words(self._low, self._high)

    def drawing(self, row: Row) -> dict[str, Any] | None:
        """Return the positions of a row's marks, and a description of them.

        Returns:
            ``low``, ``mean`` and ``high`` in pixels, ``published`` as a list of pixels, and
            ``text``; None if nothing is drawn.
        """
        name = self._measure.measure
        interval = row.intervals[name]
        if interval is None or row.entry.rank is None:
            return None
        published = [f"{self._position(value):.1f}" for value in self._published(row)]
        low, mean, high = (
            f"{self._position(value):.1f}"
            for value in (interval[0], row.entry.mean(name), interval[1])
        )
        text = self._words(*interval) + ("; diamond: published" if published else "")
        return {"low": low, "mean": mean, "high": high, "published": published, "text": text}

    def _published(self, row: Row) -> list[float]:
        values = [one.published.value(self._measure.measure) for one in row.published]
        return [value for value in values if value is not None]

    def _words(self, low: float, high: float) -> str:
        digits = self._measure.digits
        return f"{Number(low, digits).text('−')} to {Number(high, digits).text('−')}"

    def _position(self, value: float) -> float:
        # The scale has no extent if a single method has the same value for all images.
        share = (value - self._low) / (self._high - self._low) if self._high > self._low else 0.5
        return _MARGIN + share * (_WIDTH - 2 * _MARGIN)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    templates = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["spread"] = spread
    templates.filters["sentence"] = _sentence
    templates.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
    return templates


def _page(template: str, data: Mapping[str, Any], **content: Any) -> str:
    """Fill in a template; ``data`` is what its script reads."""
    style = _read("page.css")
    code = "".join(_read(f"{name}.js") for name in _SCRIPTS)
    script = f'"use strict";(() => {{\n{_START}{code}}})();'
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    # These three need no escaping: two files of the package, and JSON that is already safe.
    page = _templates().get_template(template)
    text = page.render(
        style=Markup(style),  # noqa: S704
        script=Markup(script),  # noqa: S704
        data=Markup(script_json(data)),  # noqa: S704
        policy=policy,
        version=__version__,
        minus="−",
        **content,
    )
    # JSON can hold unpaired surrogates, which UTF-8 cannot.
    return text.encode("utf-8", "replace").decode("utf-8")


def _sentence(text: str) -> Markup:
    # Both functions escape what they write.
    return Markup(with_code(plain(text), escape, Markup("<code>{}</code>").format))  # noqa: S704


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
