"""A few shapes for drawings of networks, as SVG that is readable on light and dark pages."""

from collections.abc import Iterable
from html import escape

#: Colours by the kind of a part: on light pages and on dark ones.
COLOURS = {
    "ink": ("#24292f", "#e6edf3"),
    "soft": ("#57606a", "#9da7b3"),
    "image": ("#e6e8eb", "#3a414b"),
    "conv": ("#cfe3f7", "#1f4468"),
    "block": ("#c9ece4", "#17564a"),
    "fuse": ("#fbe3b6", "#6b4a0c"),
    "unit": ("#e5d8f7", "#4c3577"),
}
_STYLE = """\
.diagram {{ {light} }}
@media (prefers-color-scheme: dark) {{ .diagram {{ {dark} }} }}
[data-md-color-scheme="default"] .diagram {{ {light} }}
[data-md-color-scheme="slate"] .diagram {{ {dark} }}
.diagram text {{ fill: var(--d-ink); font: 13px system-ui, "Segoe UI", Roboto, sans-serif; }}
.diagram text.small {{ fill: var(--d-soft); font-size: 11px; }}
.diagram text.small.ink {{ fill: var(--d-ink); }}
.diagram text.title {{ font-weight: 600; }}
.diagram rect, .diagram circle {{ stroke: var(--d-soft); }}
.diagram path {{ stroke: var(--d-ink); stroke-width: 1.3; fill: none; }}
.diagram path.light {{ stroke: var(--d-soft); stroke-width: 1; }}
.diagram path.dashed {{ stroke-dasharray: 4 3; }}
.diagram marker path {{ fill: var(--d-ink); stroke: none; }}
"""


class Drawing:
    """A drawing that grows shape by shape; positions are centres, in pixels.

    Args:
        width: Width of the drawing.
        height: Height of the drawing.
        label: What it shows, in a sentence, for those who do not see it.
    """

    def __init__(self, width: int, height: int, label: str) -> None:
        self.width, self.height, self.label = width, height, label
        self._shapes: list[str] = []

    def text(self, x: float, y: float, text: str, style: str = "", anchor: str = "middle") -> None:
        """Write lines of text around a centre."""
        lines = text.split("\n")
        step = 14 if "small" in style else 16
        top = y + 4.5 - step * (len(lines) - 1) / 2
        for index, line in enumerate(lines):
            self._shapes.append(
                f'<text x="{x:g}" y="{top + step * index:g}" text-anchor="{anchor}"'
                f"{_class(style)}>{escape(line)}</text>"
            )

    def box(
        self, x: float, y: float, text: str, kind: str, width: float = 84, height: float = 40
    ) -> None:
        """Draw a part with its name; ``kind`` is one of COLOURS and gives its colour."""
        self._shapes.append(
            f'<rect x="{x - width / 2:g}" y="{y - height / 2:g}" width="{width:g}" '
            f'height="{height:g}" rx="5" style="fill: var(--d-{kind})"/>'
        )
        self.text(x, y, text, "small ink" if "\n" in text else "")

    def circle(self, x: float, y: float, sign: str) -> None:
        """Draw an operation between two signals."""
        self._shapes.append(f'<circle cx="{x:g}" cy="{y:g}" r="10" style="fill: var(--d-image)"/>')
        self.text(x, y, sign)

    def arrow(self, *points: tuple[float, float], style: str = "") -> None:
        """Draw a line through points, with a head at the last one."""
        path = "M" + " L".join(f"{x:g} {y:g}" for x, y in points)
        self._shapes.append(f'<path d="{path}"{_class(style)} marker-end="url(#head)"/>')

    def curve(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        bend: float,
        style: str = "",
        sideways: bool = False,
    ) -> None:
        """Draw an arc that leaves the straight line by ``bend``: up for negative numbers."""
        (x1, y1), (x2, y2) = start, end
        one = (x1 + bend, y1) if sideways else (x1, y1 + bend)
        two = (x2 + bend, y2) if sideways else (x2, y2 + bend)
        path = f"M{x1:g} {y1:g} C{one[0]:g} {one[1]:g} {two[0]:g} {two[1]:g} {x2:g} {y2:g}"
        self._shapes.append(f'<path d="{path}"{_class(style)} marker-end="url(#head)"/>')

    def render(self) -> str:
        """Return the file."""
        light, dark = (
            " ".join(f"--d-{name}: {pair[index]};" for name, pair in COLOURS.items())
            for index in (0, 1)
        )
        style = _STYLE.format(light=light, dark=dark)
        return "\n".join(_lines(self, style, self._shapes)) + "\n"


def _lines(drawing: Drawing, style: str, shapes: Iterable[str]) -> list[str]:
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="diagram" width="{drawing.width}" '
        f'height="{drawing.height}" viewBox="0 0 {drawing.width} {drawing.height}" role="img" '
        f'aria-label="{escape(drawing.label)}">',
        f"<style>\n{style}</style>",
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
        'markerHeight="7" orient="auto"><path d="M0 0.8 L8 4 L0 7.2 z"/></marker></defs>',
        *shapes,
        "</svg>",
    ]


def _class(style: str) -> str:
    return f' class="{style}"' if style else ""
