"""One HTML file that shows everything, without a network and without anything beside it.

A content security policy in the page itself allows its own two scripts' and styles' hashes
and embedded pictures, and nothing else: no text of a results file can become code.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from restorekit.version import __version__

from ..board import Board
from .page_data import page_data
from .page_tables import board_html, escape
from .pictures import Pictures

_FOLDER = Path(__file__).with_name("assets")
_SCRIPTS = ("dom", "table", "plot", "scatter", "cost", "compare", "images", "main")
_START = 'const DATA = JSON.parse(document.getElementById("data").textContent);\n'
_READING = """<p>PSNR and SSIM compare only within one protocol and one set of images. ± is half of
the 95&nbsp;% confidence interval of the mean over images (Student's t). “Over the next” compares
with the line below, image by image; p is Wilcoxon's signed-rank test, two-sided, not corrected for
the number of comparisons. Intervals and tests speak of other images like these, not of another
training run. A gap is measured minus published; more than 0.1&nbsp;dB is marked with !.</p>"""


def board_page(boards: Sequence[Board], pictures: Mapping[str, Pictures]) -> str:
    """Return the page of rankings.

    Args:
        boards: What to show.
        pictures: Fingerprint of a test set to its pictures; may lack any.
    """
    files = {line.entry.source for board in boards for line in board.lines}
    sets = {board.ranking.dataset.fingerprint for board in boards}
    lead = (
        f"{_count(len(files), 'results file')}, {_count(len(sets), 'test set')}, "
        f"{_count(len(boards), 'ranking')}."
    )
    chooser = (
        '<nav class="controls needs-script" id="chooser" aria-label="Which ranking" hidden>'
        '<label>Test set <select id="choose-dataset"></select></label>'
        '<label>Protocol <select id="choose-protocol"></select></label></nav>'
    )
    sections = [board_html(board, number) for number, board in enumerate(boards)]
    body = "\n".join([chooser, *sections, _read("panels.html")])
    return render("Leaderboard", lead, body, _READING, page_data(boards, pictures))


def render(title: str, lead: str, body: str, footer: str, data: Mapping[str, Any]) -> str:
    """Return a whole page.

    Args:
        title: Heading, plain text.
        lead: The sentence below it, plain text.
        body: HTML.
        footer: HTML.
        data: What the script reads, as JSON.
    """
    style = _read("page.css")
    code = "".join(_read(f"{name}.js") for name in _SCRIPTS)
    script = f'"use strict";(() => {{\n{_START}{code}}})();'
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; "
        f"script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )
    return Template(_read("page.html")).substitute(
        title=escape(title),
        lead=escape(lead),
        body=body,
        footer=footer,
        data=script_json(data),
        style=style,
        script=script,
        policy=escape(policy),
        version=escape(__version__),
    )


def script_json(data: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the script element it stands in, whatever texts it holds."""
    text = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
