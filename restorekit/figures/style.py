"""How figures look: sizes in millimetres, fonts, colours, line styles and markers.

Nothing here touches pyplot or changes matplotlib's settings beyond a ``with`` block: a figure
drawn by restorekit looks the same whatever the program around it has set.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from restorekit.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Widths of a figure in one column and in two columns of a journal page, in millimetres.
SINGLE_COLUMN = 84.0
DOUBLE_COLUMN = 174.0
#: Narrowest and widest figure that can be read and printed, in millimetres.
_NARROWEST, _WIDEST = 20.0, 1000.0
#: Pixels per inch of PNG files, and of photographs in PDF and SVG files.
DPI = 300
MM_PER_INCH, POINTS_PER_INCH = 25.4, 72.0
#: Size of all text, in points.
FONT_SIZE = 7.0
#: Distance of two lines of text, in font sizes.
_LINE_SPACING = 1.25
#: Share of the room that text may fill, so that neighbours stay apart.
_FILLED = 0.97
_FONT = "DejaVu Sans"  # matplotlib brings it: the same text everywhere
#: Okabe and Ito's colours, which people with any colour vision tell apart ("Color Universal
#: Design", 2008), without their yellow, which is too pale for a line on white.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
#: Grey of the background: raw values, grids, fronts.
GREY = "#888888"
#: Dashes in points, so that lines differ without colours too.
DASHES: tuple[Any, ...] = (
    "-",
    (0, (4, 1.5)),
    (0, (1, 1)),
    (0, (4, 1, 1, 1)),
    (0, (7, 2)),
    (0, (4, 1, 1, 1, 1, 1)),
    (0, (2, 2)),
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*", "p")
_SETTINGS = {
    "font.family": [_FONT],
    "font.size": FONT_SIZE,
    "text.hinting": "none",  # letters as wide on a screen as in print
    "axes.titlesize": FONT_SIZE,
    "axes.labelsize": FONT_SIZE,
    "xtick.labelsize": FONT_SIZE - 1,
    "ytick.labelsize": FONT_SIZE - 1,
    "legend.fontsize": FONT_SIZE - 1,
    "legend.frameon": False,
    "axes.linewidth": 0.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.formatter.useoffset": False,
    "grid.color": "#e5e5e5",
    "grid.linewidth": 0.5,
    "xtick.major.width": 0.5,
    "ytick.major.width": 0.5,
    "xtick.minor.width": 0.3,
    "ytick.minor.width": 0.3,
    "lines.linewidth": 1.0,
    "lines.markersize": 3.5,
    "pdf.fonttype": 42,  # TrueType, which journals accept; Type 3 they often refuse
    "svg.fonttype": "path",  # drawn the same where the font is missing
    "svg.hashsalt": "restorekit",  # the same names of elements each time
    "image.composite_image": False,  # photographs stay apart, each with its own pixels
    "savefig.facecolor": "white",
}


@contextlib.contextmanager
def style() -> Iterator[None]:
    """Apply restorekit's settings inside the block, whatever is set outside it."""
    from matplotlib import style as matplotlib_style

    with matplotlib_style.context(["default", _SETTINGS]):
        yield


def new_figure(width: float, height: float, dpi: int = DPI) -> Figure:
    """Return an empty figure that belongs to no window.

    Args:
        width: Width in millimetres.
        height: Height in millimetres.
        dpi: Pixels per inch.

    Raises:
        ConfigError: If the width is not one that can be printed.
    """
    from matplotlib.figure import Figure

    check_width(width)
    return Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH), dpi=dpi)


def check_width(width: float) -> None:
    """Refuse a width in millimetres that cannot be read or printed.

    Raises:
        ConfigError: If it is too narrow or too wide.
    """
    if not _NARROWEST <= width <= _WIDEST:
        raise ConfigError(
            f"A figure cannot be {width:g} mm wide: give {_NARROWEST:g} to {_WIDEST:g} mm, such as "
            f"{SINGLE_COLUMN:g} for one column or {DOUBLE_COLUMN:g} for two."
        )


def text_width(text: str, size: float = FONT_SIZE) -> float:
    """Return the width in millimetres of a text's widest line."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    font = FontProperties(family=_FONT, size=size)
    measure = TextToPath().get_text_width_height_descent
    widths = [measure(line, font, ismath=False)[0] for line in text.splitlines() if line]
    return max(widths, default=0.0) / POINTS_PER_INCH * MM_PER_INCH


def fitting_size(texts: Sequence[str], width: float, size: float = FONT_SIZE) -> float:
    """Return the font size at which every text fits a width: ``size``, or less where needed.

    Args:
        texts: The texts, which share the size.
        width: Room in millimetres.
        size: Largest size in points.
    """
    widest = max((text_width(text, size) for text in texts), default=0.0)
    room = _FILLED * width
    return size if widest <= room else size * room / widest


def wrap(text: str, width: float, size: float = FONT_SIZE) -> str:
    """Return a text in lines that fit a width, broken at spaces only.

    Args:
        text: The text.
        width: Room in millimetres.
        size: Font size in points.
    """
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_width(longer, size) > _FILLED * width:
            lines.append(word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def line_height(size: float = FONT_SIZE) -> float:
    """Return the height of a line of text in millimetres."""
    return _LINE_SPACING * size / POINTS_PER_INCH * MM_PER_INCH
