"""Tables and progress, as they arrive in a file or on a terminal."""

import io
import sys
import threading

from restorekit.io import terminal as terminal_module
from restorekit.io.terminal import ProgressBars, StepProgress, counted, progress, text_table


def test_columns_line_up_and_numbers_are_aligned_to_the_right():
    table = text_table(("name", "n"), [("a", "1"), ("long name", "100")], right=(1,))
    title, rule, *rows = table.splitlines()
    assert title == "name         n"
    assert set(rule) == {"─"}
    assert rows == ["a            1", "long name  100"]


def test_long_cells_are_neither_wrapped_nor_cut():
    cell = "x" * 5000
    assert text_table(("path", "n"), [(cell, "1")]).splitlines()[2] == f"{cell}  1"


def test_cells_are_text_and_not_markup_or_commands_of_a_terminal():
    line = text_table(("name",), [("[red]a[/red] \x1b[31m\x07\n",)]).splitlines()[2]
    assert line.startswith("[red]a[/red] ")
    assert line.isprintable()


def test_wide_characters_take_two_columns():
    rows = text_table(("a", "b"), [("雨", "1"), ("rain", "2")]).splitlines()[2:]
    assert rows == ["雨    1", "rain  2"]


def test_lines_where_there_is_no_terminal(capsys):
    assert list(progress(range(3), "counting")) == [0, 1, 2]
    assert list(progress(iter(range(2)), "more", total=2)) == [0, 1]
    assert capsys.readouterr().err == "counting: 3/3 done\nmore: 2/2 done\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def watch(monkeypatch):
    """Replace standard error; pytest would undo it between a fixture and its test."""
    stream = Terminal()
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


def test_a_bar_on_a_terminal_ends_with_all_items_done(monkeypatch):
    terminal = watch(monkeypatch)
    assert list(progress(range(5), "counting [all]")) == [0, 1, 2, 3, 4]
    assert "counting [all]" in terminal.getvalue()
    assert "5/5" in terminal.getvalue()
    # The cursor is shown again.
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")


def test_an_exception_ends_the_bar(monkeypatch):
    terminal = watch(monkeypatch)
    work = progress(range(5), "counting")
    next(work)
    work.close()
    assert "\x1b[?25h" in terminal.getvalue()


def test_bars_start_no_thread(monkeypatch):
    terminal = watch(monkeypatch)
    before = threading.active_count()
    bars = ProgressBars()
    bars.open("outer", 3)
    bars.open("inner", 2)
    assert threading.active_count() == before
    assert bars.write("a line")
    bars.close("inner", erase=True)
    bars.close("outer")
    assert not bars.write("nothing is shown any more")
    assert "a line" in terminal.getvalue()


def test_progress_says_how_fast_and_how_long(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(terminal_module.time, "monotonic", lambda: now[0])
    show = StepProgress(None, "frames")
    for done in range(1, 102):
        show(done, 301)
        now[0] += 0.5
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "frames: 21/301, 2.0 a second, 0:02:20 left"
    assert len(lines) == 5


def test_steps_that_come_several_at_a_time_and_for_one_item_after_the_other(monkeypatch):
    watch(monkeypatch)
    bars = ProgressBars()
    counts = []
    monkeypatch.setattr(bars, "advance", lambda *arguments: counts.append(arguments[2]))
    opened = []
    monkeypatch.setattr(bars, "open", lambda *arguments: opened.append(arguments))
    show = StepProgress(bars, "tiles")
    for _ in range(2):
        for done in (4, 8, 10):
            show(done, 10)
    assert counts == [4, 4, 2] * 2
    assert opened == [("tiles", 10)] * 2


def test_lines_say_how_long_the_rest_takes(monkeypatch, capsys):
    now = [0.0]
    monkeypatch.setattr(terminal_module.time, "monotonic", lambda: now[0])
    for _ in progress(range(100), "counting"):
        now[0] += 1.0
    assert capsys.readouterr().err.splitlines()[0] == "counting: 10/100, 0:01:30 left"


def test_things_are_counted_in_words():
    assert counted(1, "process") == "1 process"
    assert [counted(n, "process") for n in (0, 2)] == ["0 processes", "2 processes"]
    assert counted(2, "image") == "2 images"
