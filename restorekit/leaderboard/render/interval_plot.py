"""Confidence intervals drawn beside each other, as small SVG pictures of one scale."""

from __future__ import annotations

from ..board import Board, Line
from ..measures import MEASURES

#: Size of a drawing in pixels, and the room for marks at its ends.
_WIDTH, _HEIGHT, _ROOM = 120, 16, 7


class IntervalScale:
    """Draws the intervals of a ranking's first measure on one common scale.

    The rainy input, usually far below, is neither drawn nor part of the scale.

    Args:
        board: The ranking.

    Attributes:
        known: Whether there is anything to draw.
        span: The ends of the scale, in words.
    """

    def __init__(self, board: Board) -> None:
        self._info = MEASURES[board.ranking.measures[0]]
        ranked = [line for line in board.lines if line.entry.rank is not None]
        ends = [end for line in ranked for end in line.intervals[self._info.name] or ()]
        self.known = bool(ends)
        if self.known:
            ends += [value for line in ranked for value in self._published(line)]
            self._low, self._high = min(ends), max(ends)
            self.span = self._words(self._low, self._high)

    def drawing(self, line: Line) -> str:
        """Return the SVG element of a line: interval, mean, and a diamond where published."""
        interval = line.intervals[self._info.name]
        if interval is None or line.entry.rank is None:
            return ""
        middle = _HEIGHT // 2
        low, mean, high = (
            f"{self._place(value):.1f}"
            for value in (interval[0], line.entry.mean(self._info.name), interval[1])
        )
        diamonds = "".join(
            f'<path d="M{self._place(value):.1f} {middle - 5}l5 5l-5 5l-5-5z"/>'
            for value in self._published(line)
        )
        text = self._words(*interval) + ("; diamond: published" if diamonds else "")
        return (
            f'<svg class="range" width="{_WIDTH}" height="{_HEIGHT}" role="img" '
            f'aria-label="{text}"><title>{text}</title>'
            f'<line x1="{low}" x2="{high}" y1="{middle}" y2="{middle}"/>'
            f'{diamonds}<circle cx="{mean}" cy="{middle}" r="4"/></svg>'
        )

    def _published(self, line: Line) -> list[float]:
        values = [one.published.value(self._info.name) for one in line.beside]
        return [value for value in values if value is not None]

    def _words(self, low: float, high: float) -> str:
        return f"{low:.{self._info.digits}f} to {high:.{self._info.digits}f}"

    def _place(self, value: float) -> float:
        # A single method whose images all measure the same has a scale without extent.
        share = (value - self._low) / (self._high - self._low) if self._high > self._low else 0.5
        return _ROOM + share * (_WIDTH - 2 * _ROOM)
