"""Write names beside points so that they overlap neither each other nor the points."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .style import FONT_SIZE, GREY, MM_PER_INCH, POINTS_PER_INCH, line_height, text_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Radius of a point and the distances from it at which a name is tried, in millimetres.
_POINT, _DISTANCES = 1.1, (1.6, 2.4, 3.6, 6.0, 9.0)
#: Distance from which a thin line leads from a name to its point, in millimetres.
_FAR = 3.0
_LEADER = {"arrowstyle": "-", "color": GREY, "linewidth": 0.4, "shrinkA": 0, "shrinkB": 2}
#: Half the width of a line, with room around it.
_LINE = 0.3
_SIZE = FONT_SIZE - 0.5


class _Area(NamedTuple):
    left: float
    bottom: float
    right: float
    top: float

    def shared(self, other: _Area) -> float:
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.top, other.top) - max(self.bottom, other.bottom)
        return max(width, 0) * max(height, 0)

    def size(self) -> float:
        return self.shared(self)


def place_labels(
    figure: Figure,
    axes: Axes,
    points: Sequence[tuple[float, float, str]],
    line: Sequence[tuple[float, float]] = (),
) -> None:
    """Write the name of each point where there is room: beside, above or below it.

    Each name takes the first position that is free; without one, that which covers least.

    Args:
        figure: The figure.
        axes: Its axes, whose limits are final.
        points: The x and y of each point, and its name, shown as it is.
        line: Corners of a line that no name should cross, drawn parallel to the axes.
    """
    millimetres = MM_PER_INCH / figure.dpi
    centres = [axes.transData.transform((x, y)) * millimetres for x, y, _ in points]
    inside = _Area(*(end * millimetres for end in axes.bbox.extents))
    taken = [_Area(x - _POINT, y - _POINT, x + _POINT, y + _POINT) for x, y in centres]
    corners = [axes.transData.transform(corner) * millimetres for corner in line]
    for (x0, y0), (x1, y1) in itertools.pairwise(corners):
        ends = min(x0, x1) - _LINE, min(y0, y1) - _LINE, max(x0, x1) + _LINE, max(y0, y1) + _LINE
        taken.append(_Area(*ends))
    for (x, y), (*point, name) in zip(centres, points, strict=True):
        width, height = text_width(name, _SIZE), line_height(_SIZE)
        areas = _around(x, y, width, height)
        covered = [_covered(area, inside, taken) for area in areas]
        area = areas[covered.index(min(covered))]
        taken.append(area)
        far = max(area.left - x, x - area.right, area.bottom - y, y - area.top) > _FAR
        scale = POINTS_PER_INCH / MM_PER_INCH
        axes.annotate(
            name,
            (point[0], point[1]),
            xytext=((area.left - x) * scale, (area.bottom - y + 0.25 * height) * scale),
            textcoords="offset points",
            size=_SIZE,
            parse_math=False,
            arrowprops=_LEADER if far else None,
        )


def _covered(area: _Area, inside: _Area, taken: Sequence[_Area]) -> float:
    """Return how much of an area is outside the axes or taken, rounded so that ties are ties."""
    return round(area.size() - area.shared(inside) + sum(map(area.shared, taken)), 6)


def _around(x: float, y: float, width: float, height: float) -> list[_Area]:
    """Return where a name may stand, the best position first."""
    areas = []
    for distance, (across, up) in itertools.product(
        _DISTANCES, [(1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)]
    ):
        left = {1: x + distance, 0: x - width / 2, -1: x - distance - width}[across]
        bottom = {1: y + distance, 0: y - height / 2, -1: y - distance - height}[up]
        if across and up:  # a corner is nearer than a side
            bottom = {1: y + distance / 2, -1: y - distance / 2 - height}[up]
        areas.append(_Area(left, bottom, left + width, bottom + height))
    return areas
