"""Draw the rows of a comparison on a page measured in millimetres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from restorekit.io.images import Image
from restorekit.metrics.plan import Plan

from .panels import BOX_COLORS, color_bar, outline_box, reduced, show_error, show_image, show_part
from .rows import Errors, Row
from .style import fitting_size, line_height, new_figure, style, wrap

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Space in millimetres between columns, between what belongs to one image, and between rows.
_GAP, _INNER_GAP, _ROW_GAP = 0.8, 0.6, 1.2
#: Share of an image's width that an inset covers.
_INSET = 0.45
#: Width and height of the colour bar, and room below it for its text, in millimetres.
_BAR_WIDTH, _BAR, _BAR_TEXT = 60.0, 2.0, 6.0
#: Share of the methods' pixels whose errors the colour bar tells apart.
_SHOWN_ERRORS = 0.995


def draw_grid(
    rows: Sequence[Row], plan: Plan, *, inset: bool, error_maps: bool, width: float, dpi: int
) -> Figure:
    """Draw images side by side, each with its enlarged parts, error map and numbers below.

    Args:
        rows: The images, with the same columns in each.
        plan: What was measured.
        inset: Whether enlarged parts cover a corner of their image.
        error_maps: Whether the errors against the ground truth are shown.
        width: Width in millimetres.
        dpi: Pixels per inch.
    """
    with style():
        return _Grid(rows, plan, inset, error_maps, width, dpi).draw()


class _Grid:
    """A page that is filled from the top; ``bottom`` is where the free part of it ends."""

    def __init__(
        self, rows: Sequence[Row], plan: Plan, inset: bool, error_maps: bool, width: float, dpi: int
    ) -> None:
        self.rows, self.inset, self.width, self.dpi = rows, inset, width, dpi
        self.columns = list(rows[0].images)
        self.cell = (width - (len(self.columns) - 1) * _GAP) / len(self.columns)
        self.lefts = [index * (self.cell + _GAP) for index in range(len(self.columns))]
        self.errors = [row.errors() for row in rows] if error_maps else []
        self.limit = _limit(rows, self.errors) if error_maps else 0.0
        self.captions = [row.captions(plan) for row in rows] if plan.quantities else []
        texts = [text for captions in self.captions for text in captions]
        self.headings = [wrap(heading, self.cell) for heading in self.columns]
        self.heading_size = fitting_size(self.headings, self.cell)
        self.caption_size = fitting_size(texts, self.cell)
        height = _lines(self.headings) * line_height(self.heading_size) + _GAP
        height += sum(map(self._row_height, rows)) + (len(rows) - 1) * _ROW_GAP
        height += _ROW_GAP + _BAR + _BAR_TEXT if error_maps else 0
        self.figure = new_figure(width, height, dpi)
        self.height = self.bottom = height

    def draw(self) -> Figure:
        self._texts(self.headings, self.heading_size)
        self.bottom -= _GAP
        for index, row in enumerate(self.rows):
            self.bottom -= _ROW_GAP if index else 0
            self._images(row)
            if row.boxes and not self.inset:
                self._enlarged(row)
            if self.errors:
                self._error_maps(row, self.errors[index])
            if self.captions:
                self.bottom -= _INNER_GAP
                self._texts(self.captions[index], self.caption_size)
        if self.errors:
            self._color_bar()
        return self.figure

    def _row_height(self, row: Row) -> float:
        height = self._image_height(row)
        if self.errors:
            height += _INNER_GAP + height
        if row.boxes and not self.inset:
            height += _INNER_GAP + self._enlarged_height(row)
        if self.captions:
            height += _INNER_GAP + line_height(self.caption_size)
        return height

    def _image_height(self, row: Row) -> float:
        height, width = row.size
        return self.cell * height / width

    def _part_width(self, row: Row) -> float:
        return (self.cell - (len(row.boxes) - 1) * _INNER_GAP) / len(row.boxes)

    def _enlarged_height(self, row: Row) -> float:
        return max(self._part_width(row) * box.height / box.width for box in row.boxes)

    def _axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """Return axes without marks; all in millimetres from the page's lower left corner."""
        axes = self.figure.add_axes(
            (left / self.width, bottom / self.height, width / self.width, height / self.height)
        )
        axes.grid(False)
        axes.set_axis_off()
        return axes

    def _texts(self, texts: Sequence[str], size: float) -> None:
        """Write one text a column; of several lines, the last ones are level."""
        height = line_height(size)
        self.bottom -= _lines(texts) * height
        for left, text in zip(self.lefts, texts, strict=True):
            for index, line in enumerate(reversed(text.split("\n"))):
                baseline = self.bottom + (index + 0.3) * height
                position = ((left + self.cell / 2) / self.width, baseline / self.height)
                self.figure.text(*position, line, size=size, ha="center", parse_math=False)

    def _images(self, row: Row) -> None:
        height = self._image_height(row)
        self.bottom -= height
        for left, image in zip(self.lefts, row.images.values(), strict=True):
            axes = self._axes(left, self.bottom, self.cell, height)
            show_image(axes, reduced(image, self.cell, self.dpi), row.size)
            for box, color in zip(row.boxes, BOX_COLORS, strict=False):
                outline_box(axes, box, color)
            if self.inset and row.boxes:
                self._inset(left, image, row)

    def _inset(self, left: float, image: Image, row: Row) -> None:
        """Cover the corner that is farthest from the box."""
        box, size = row.boxes[0], row.size
        height = self._image_height(row)
        # Not higher than the image, however narrow the box is.
        scale = min(_INSET * self.cell / box.width, height / box.height)
        part = (box.width * scale, box.height * scale)
        at_left = 2 * box.x + box.width > size[1]
        at_top = 2 * box.y + box.height > size[0]
        x = left if at_left else left + self.cell - part[0]
        y = self.bottom + (height - part[1] if at_top else 0)
        show_part(self._axes(x, y, *part), box.cut(image), BOX_COLORS[0], part)

    def _enlarged(self, row: Row) -> None:
        top = self.bottom - _INNER_GAP
        self.bottom = top - self._enlarged_height(row)
        width = self._part_width(row)
        for left, image in zip(self.lefts, row.images.values(), strict=True):
            for index, (box, color) in enumerate(zip(row.boxes, BOX_COLORS, strict=False)):
                part = (width, width * box.height / box.width)
                axes = self._axes(left + index * (width + _INNER_GAP), top - part[1], *part)
                show_part(axes, box.cut(image), color, part)

    def _error_maps(self, row: Row, errors: Errors) -> None:
        height = self._image_height(row)
        self.bottom -= _INNER_GAP + height
        for left, heading in zip(self.lefts, self.columns, strict=True):
            if heading in errors:
                axes = self._axes(left, self.bottom, self.cell, height)
                error = reduced(errors[heading], self.cell, self.dpi)
                self.shown = show_error(axes, error, self.limit)

    def _color_bar(self) -> None:
        self.bottom -= _ROW_GAP + _BAR
        width = min(_BAR_WIDTH, 0.8 * self.width)
        axes = self._axes((self.width - width) / 2, self.bottom, width, _BAR)
        axes.set_axis_on()
        color_bar(axes, self.shown)


def _lines(texts: Sequence[str]) -> int:
    """Return the number of lines of the longest text."""
    return max(text.count("\n") + 1 for text in texts)


def _limit(rows: Sequence[Row], errors: Sequence[Errors]) -> float:
    """Return the error at the end of the colour bar; the input's errors do not count."""
    values = [
        own[label].ravel() for row, own in zip(rows, errors, strict=True) for label in row.methods
    ]
    return max(1.0, float(np.ceil(np.quantile(np.concatenate(values), _SHOWN_ERRORS))))
