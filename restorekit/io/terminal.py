"""Progress of long work and tables, drawn by rich; plain lines where there is no terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator, Sequence, Sized
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

T = TypeVar("T")
_SECONDS_BETWEEN_LINES = 10.0
_SECONDS_BETWEEN_FRAMES = 0.1


def progress(
    items: Iterable[T],
    description: str,
    total: int | None = None,
    bars: ProgressBars | None = None,
) -> Iterator[T]:
    """Yield ``items`` and show on standard error how many of them are done.

    Args:
        items: The items of work.
        description: What is being done, in a few words.
        total: Number of items, needed only where ``items`` has no length.
        bars: Where other bars are shown meanwhile.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    if not sys.stderr.isatty():
        yield from _lines(items, description, total)
        return
    bars = bars or ProgressBars()
    bars.open(description, total)
    try:
        for item in items:
            yield item
            bars.advance(description)
    finally:
        bars.close(description)


def _lines(items: Iterable[T], description: str, total: int | None) -> Iterator[T]:
    of = f"/{total}" if total is not None else ""
    started = last = time.monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        now = time.monotonic()
        if now - last >= _SECONDS_BETWEEN_LINES and done != total:
            last = now
            left = f", {clock((total - done) * (now - started) / done)} left" if total else ""
            sys.stderr.write(f"{description}: {done}{of}{left}\n")
    sys.stderr.write(f"{description}: {done}{of} done\n")


def clock(seconds: float) -> str:
    """Return a time as hours:minutes:seconds."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"


def counted(number: int, word: str) -> str:
    """Return a number of things in words: ``1 image``, ``2 images``, ``2 processes``."""
    plural = "" if number == 1 else "es" if word.endswith("ss") else "s"
    return f"{number} {word}{plural}"


class ProgressBars:
    """Progress bars on standard error, one below the other.

    They are redrawn by :meth:`advance`, never by a thread: a program with bars may fork.
    """

    def __init__(self) -> None:
        self._display: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._counts: dict[str, int] = {}
        self._last_frame = 0.0

    def open(self, description: str, total: int | None, done: int = 0) -> None:
        """Show a bar, identified by its description."""
        if self._display is None:
            self._display = _new_display()
            self._display.start()
        self._counts[description] = done
        self._tasks[description] = self._display.add_task(
            description, total=total, completed=done, status=""
        )
        self._display.refresh()

    def advance(self, description: str, status: str = "", count: int = 1) -> None:
        """Count more items; ``status`` is shown behind the bar."""
        if self._display is None:
            return
        self._counts[description] += count
        now = time.monotonic()
        if now - self._last_frame >= _SECONDS_BETWEEN_FRAMES:
            self._last_frame = now
            self._update(description, status)
            self._display.refresh()
        elif status:
            self._update(description, status)

    def close(self, description: str, *, erase: bool = False) -> None:
        """End a bar, which stays on the screen unless ``erase`` is set."""
        task = self._tasks.get(description)
        if self._display is None or task is None:
            return
        self._update(description)
        del self._tasks[description], self._counts[description]
        if erase:
            self._display.remove_task(task)
        else:
            self._display.stop_task(task)
        self._display.refresh()
        if not self._tasks:
            self._display.stop()
            self._display = None

    def write(self, text: str) -> bool:
        """Write lines above the bars; return False where no bar is shown."""
        if self._display is None:
            return False
        from rich.text import Text

        # Soft wrapping leaves long lines whole for those who copy them.
        console = self._display.console
        console.print(Text.from_ansi(text), soft_wrap=True, highlight=False)
        return True

    def _update(self, description: str, status: str = "") -> None:
        if self._display is not None:
            fields: dict[str, Any] = {"status": status} if status else {}
            self._display.update(
                self._tasks[description], completed=self._counts[description], **fields
            )


class StepProgress:
    """Shows how many steps of one item (frames of a video, tiles of a photograph) are done.

    Called with the number of finished steps and the expected one, if known. A number that is not
    larger than the one before begins another item.

    Args:
        bars: Where a bar is shown; None writes a line every ten seconds.
        steps: What the steps are called.
    """

    def __init__(self, bars: ProgressBars | None, steps: str) -> None:
        self._bars = bars
        self._steps = steps
        self._first = self._last = 0
        self._started = self._written = time.monotonic()

    def __call__(self, done: int, total: int | None) -> None:
        now = time.monotonic()
        if done <= self._last or not self._last:
            self.close()
            self._started = self._written = now
            self._first = done
            if self._bars is not None:
                self._bars.open(self._steps, total)
        count = done - self._last
        self._last = done
        # The first step is there when the clock starts.
        passed = now - self._started
        rate = (done - self._first) / passed if passed > 0 else 0.0
        if self._bars is not None:
            self._bars.advance(self._steps, f"{rate:.1f} {self._steps}/s", count)
        elif now - self._written >= _SECONDS_BETWEEN_LINES:
            self._written = now
            left = f", {clock((total - done) / rate)} left" if total and rate else ""
            of = f"/{total}" if total else ""
            sys.stderr.write(f"{self._steps}: {done}{of}, {rate:.1f} a second{left}\n")

    def close(self) -> None:
        """End the bar of the item."""
        if self._bars is not None and self._last:
            self._bars.close(self._steps, erase=True)
        self._last = 0


def _new_display() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("<"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[status]}", markup=False),
        console=Console(file=sys.stderr, force_terminal=True),
        auto_refresh=False,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def text_table(
    title: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()
) -> str:
    """Return a table as text, with a rule below the titles.

    Lines are as long as their cells: nothing is wrapped, whatever the terminal's width.
    Characters that a terminal would obey are replaced.

    Args:
        title: Titles of the columns.
        rows: The cells.
        right: Indices of the columns that are aligned to the right.
    """
    import io

    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for index, name in enumerate(title):
        table.add_column(
            Text(_printable(name)), justify="right" if index in right else "left", no_wrap=True
        )
    for row in rows:
        table.add_row(*(Text(_printable(cell)) for cell in row))
    console = Console(file=io.StringIO(), width=1 << 20, color_system=None, legacy_windows=False)
    with console.capture() as captured:
        console.print(table, crop=False)
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
