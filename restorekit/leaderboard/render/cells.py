"""Typed cells of a table: the numbers themselves, and how to show them.

A table is built once; Markdown, LaTeX and the HTML page each write it in their own way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

#: Shown in place of a missing number.
EMPTY = "–"

_BIDIRECTIONAL_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def plain(text: str) -> str:
    """Return ``text`` on one line, with control and text-direction characters replaced."""
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(character) in ("Cc", "Cs")
        or unicodedata.bidirectional(character) in _BIDIRECTIONAL_CONTROLS
        else character
        for character in " ".join(text.split())
    )


@dataclass(frozen=True)
class Text:
    """Words, or a number exactly as its source prints it."""

    value: str

    def text(self, minus: str = "-") -> str:
        return plain(self.value)


@dataclass(frozen=True)
class Number:
    """A number.

    Attributes:
        value: The number in full.
        digits: Number of decimals to show.
        significant: Number of significant digits to show, instead of ``digits``.
        signed: Whether a positive number has a plus sign.
        grouped: Whether commas separate thousands.
        plus_minus: Its uncertainty, shown after ±.
    """

    value: float
    digits: int = 0
    significant: int | None = None
    signed: bool = False
    grouped: bool = False
    plus_minus: float | None = None

    def text(self, minus: str = "-") -> str:
        """Return the number without its uncertainty."""
        flags = ("+" if self.signed else "") + ("," if self.grouped else "")
        if self.significant is not None:
            text = f"{self.value:{flags}.{self.significant}g}"
        else:
            # Adding zero makes a negative zero positive.
            text = f"{round(self.value, self.digits) + 0.0:{flags}.{self.digits}f}"
        return minus + text[1:] if self.value < 0 and text[0] == "-" else text

    def spread(self) -> str:
        """Return what follows the number: ``" ± 0.42"``, or an empty string."""
        return "" if self.plus_minus is None else f" ± {self.plus_minus:.{self.digits}f}"


@dataclass(frozen=True)
class PValue:
    """The p-value of a test, shown with two significant digits."""

    value: float

    def text(self, minus: str = "-") -> str:
        return "< 0.0001" if self.value < 1e-4 else f"{self.value:.2g}"


Value = Text | Number | PValue


@dataclass(frozen=True)
class Item:
    """Values that belong together.

    Attributes:
        values: The values, shown with slashes between them.
        difference: Difference, shown after them in parentheses.
        sources: Numbers of their sources, counted from 1.
        warning: Why they are marked; an empty string if they are not.
    """

    values: tuple[Value, ...]
    difference: Number | None = None
    sources: tuple[int, ...] = ()
    warning: str = ""

    def text(self, minus: str = "-") -> str:
        """Return the item in one line."""
        values = " / ".join(value.text(minus) + spread(value) for value in self.values)
        parts = [values] if values else []
        if self.difference is not None:
            parts.append(f"({self.difference.text(minus)})")
        if self.sources:
            parts.append(f"[{', '.join(map(str, self.sources))}]")
        return " ".join([*parts, "!"] if self.warning else parts)


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        items: The items to show; none in an empty cell.
        sort_by: Value to sort the column by; None comes last.
        best: Whether it is the best of its column.
        second: Whether it is the second best of its column.
        detail: Text that the HTML page adds in small print.
        hint: What the HTML page shows when a pointer rests on it.
    """

    items: tuple[Item, ...] = ()
    sort_by: float | str | None = None
    best: bool = False
    second: bool = False
    detail: str = ""
    hint: str = ""

    def text(self, minus: str = "-") -> str:
        """Return the cell in one line."""
        return "; ".join(item.text(minus) for item in self.items)


#: A cell that shows that its value is missing.
NOTHING = Cell((Item((Text(EMPTY),)),))


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: Name for programs.
        title: Heading for readers.
        cells: One cell for each row.
        words: Whether it holds words, which are aligned to the left.
        highest_first: Whether the first click on the heading puts the highest number on top.
        short_title: Heading for tables whose caption names the protocol.
        in_paper: Whether LaTeX tables, which have less room, include it.
    """

    key: str
    title: str
    cells: tuple[Cell, ...]
    words: bool = False
    highest_first: bool = False
    short_title: str = ""
    in_paper: bool = False


def spread(value: Value) -> str:
    """Return a value's uncertainty as ``" ± 0.42"``, or an empty string."""
    return value.spread() if isinstance(value, Number) else ""


def cell(value: Value | None, sort_by: float | str | None = None, *, warning: str = "") -> Cell:
    """Return a cell with one value; an empty cell for None.

    Args:
        value: The value to show.
        sort_by: Value to sort the column by; ``value`` by default.
        warning: Why it is marked; an empty string if it is not.
    """
    if value is None:
        return Cell(sort_by=sort_by)
    return Cell((Item((value,), warning=warning),), value.value if sort_by is None else sort_by)


def best_of(values: Sequence[float | None], higher_is_better: bool) -> list[bool]:
    """Say for each value whether it is the best; equal values are all the best."""
    known = [value for value in values if value is not None]
    best = (max if higher_is_better else min)(known, default=None)
    return [value is not None and value == best for value in values]


def second_of(values: Sequence[float | None], higher_is_better: bool) -> list[bool]:
    """Say for each value whether it is the second best, which needs a third one."""
    distinct = sorted({one for one in values if one is not None}, reverse=higher_is_better)
    return [len(distinct) > 2 and value == distinct[1] for value in values]


def difference(value: float, digits: int) -> Number:
    """Return a number that is shown with its sign."""
    return Number(value, digits, signed=True)
