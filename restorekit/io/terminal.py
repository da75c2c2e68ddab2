"""What commands show on a terminal: progress of long work, and tables."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")
_SECONDS_BETWEEN_LINES = 10.0


def progress(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield ``items`` and show on standard error how far the work is.

    Args:
        items: What is worked through.
        description: What is being done, in a few words.
        total: Number of items, where ``items`` has no length of its own.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if sys.stderr.isatty():
        yield from tqdm(items, desc=description, total=total, dynamic_ncols=True)
        return
    yield from _lines(items, description, total)


def _lines(items: Iterable[T], description: str, total: int | None) -> Iterator[T]:
    of = f"/{total}" if total is not None else ""
    last = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        if time.monotonic() - last >= _SECONDS_BETWEEN_LINES and done != total:
            last = time.monotonic()
            sys.stderr.write(f"{description}: {done}{of}\n")
    sys.stderr.write(f"{description}: {done}{of} done\n")


def text_table(
    title: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
) -> str:
    """Lay columns out below each other, with a rule below their titles.

    Args:
        title: Titles of the columns.
        rows: The cells.
        right: Numbers of the columns that are aligned to the right.
    """
    widths = [max(len(row[i]) for row in (title, *rows)) for i in range(len(title))]
    lines = []
    for row in (title, ["-" * width for width in widths], *rows):
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip() + "\n")
    return "".join(lines)
