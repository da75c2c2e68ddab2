"""The pieces of a comparison: a picture, a box on it, an enlarged part, a colour bar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy.typing as npt

from .boxes import Box
from .style import COLORS, FONT_SIZE, MM_PER_INCH, POINTS_PER_INCH

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Colours of the boxes: those of the palette that stand out on photographs.
BOX_COLORS = (COLORS[1], COLORS[5], COLORS[4], COLORS[3])
#: Width of the lines around boxes and enlarged parts, in points, and of the white around it.
_LINE, _HALO = 0.9, 0.35
_ERROR_COLORS = "inferno"


def reduced(image: npt.NDArray[Any], width: float, dpi: float) -> npt.NDArray[Any]:
    """Return an image with no more columns of pixels than the page shows.

    Args:
        image: (H, W, …).
        width: Width on the page in millimetres.
        dpi: Pixels per inch.
    """
    columns = max(1, round(width / MM_PER_INCH * dpi))
    if image.shape[1] <= columns:
        return image
    size = (columns, max(1, round(image.shape[0] * columns / image.shape[1])))
    result: npt.NDArray[Any] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return result


def show_image(axes: Axes, image: npt.NDArray[Any], size: tuple[int, int]) -> None:
    """Fill axes with an image.

    Args:
        axes: The axes, whose coordinates become pixels of the image as it was.
        image: RGB, possibly reduced.
        size: Height and width before that.
    """
    height, width = size
    axes.imshow(image, extent=(0, width, height, 0), aspect="auto")


def show_error(axes: Axes, error: npt.NDArray[Any], limit: float) -> Any:
    """Fill axes with a map of errors from 0 to ``limit``; return what a colour bar needs."""
    return axes.imshow(error, cmap=_ERROR_COLORS, vmin=0, vmax=limit, aspect="auto")


def outline_box(axes: Axes, box: Box, color: str) -> None:
    """Draw a box around its pixels, on axes with the coordinates of its image."""
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    axes.add_patch(
        Rectangle(
            (box.x, box.y),
            box.width,
            box.height,
            fill=False,
            edgecolor=color,
            linewidth=_LINE,
            path_effects=[withStroke(linewidth=_LINE + 2 * _HALO, foreground="white")],
        )
    )


def show_part(axes: Axes, pixels: npt.NDArray[Any], color: str, size: tuple[float, float]) -> None:
    """Fill axes with the pixels of a part, each a rectangle of one colour, inside a frame.

    Args:
        axes: The axes.
        pixels: RGB.
        color: Colour of the frame.
        size: Width and height of the axes in millimetres.
    """
    from matplotlib.patches import Rectangle

    axes.imshow(pixels, aspect="auto", interpolation="none")
    # The frame's line lies inside the axes, so that nothing of it is cut off at the page's edge.
    x, y = (_LINE / POINTS_PER_INCH * MM_PER_INCH / 2 / side for side in size)
    frame = Rectangle((x, y), 1 - 2 * x, 1 - 2 * y, fill=False, transform=axes.transAxes)
    frame.set(edgecolor=color, linewidth=_LINE)
    axes.add_patch(frame)


def color_bar(axes: Axes, shown: Any) -> None:
    """Fill wide, low axes with the colour bar of error maps."""
    bar = axes.figure.colorbar(shown, cax=axes, orientation="horizontal", extend="max")
    label = "absolute error, mean of the channels (levels of 255)"
    bar.set_label(label, size=FONT_SIZE - 1, labelpad=1)
    axes.tick_params(length=1.5, pad=1)
    bar.outline.set_linewidth(0.4)
