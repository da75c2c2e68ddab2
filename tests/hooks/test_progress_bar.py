import io
import os
import pty
import re
import sys

from tiny_runner import build_runner


class Terminal(io.StringIO):
    """Remembers what was written, and shows what a reader would see."""

    def __init__(self, is_terminal=True):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self):
        return self.is_terminal

    def lines(self):
        """Replay the text, carriage returns and cursor movements."""
        screen, row, column = [""], 0, 0
        for part in re.findall(r"\x1b\[[?\d;]*[A-Za-z]|[\s\S]", self.getvalue()):
            if part == "\n":
                row, column = row + 1, 0
                screen += [""] * (row + 1 - len(screen))
            elif part == "\r":
                column = 0
            elif part == "\x1b[1A":
                row -= 1
            elif part == "\x1b[2K":
                screen[row] = ""
            elif not part.startswith("\x1b"):
                line = screen[row].ljust(column)
                screen[row] = line[:column] + part + line[column + 1 :]
                column += 1
        return [line.rstrip() for line in screen]


def watch(monkeypatch):
    """Put a terminal in the place of both streams; pytest would undo it in a fixture."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(sys, "stdout", terminal)
    return terminal


def test_training_shows_iterations_loss_and_time_left(tmp_path, monkeypatch):
    terminal = watch(monkeypatch)
    build_runner(tmp_path, [{"type": "ProgressBarHook"}], 6).train()
    bars = [line for line in terminal.lines() if line.startswith("training")]
    assert len(bars) == 1
    assert "6/6" in bars[0]
    assert re.search(r"loss 0\.\d+", bars[0])
    assert re.search(r"\d:\d\d:\d\d < \d:\d\d:\d\d", bars[0])  # elapsed < left


def test_log_lines_stand_above_the_bar(tmp_path, monkeypatch):
    terminal = watch(monkeypatch)
    build_runner(tmp_path, [{"type": "ProgressBarHook"}], 6).train()
    logged = [line for line in terminal.lines() if "Iter(train)" in line]
    assert len(logged) == 6
    assert not [
        line for line in logged if "━" in line or "training" in line.split("Iter(train)")[0]
    ]


def test_a_resumed_training_starts_at_its_iteration(tmp_path, monkeypatch):
    terminal = watch(monkeypatch)
    build_runner(tmp_path, max_iters=4).train()
    build_runner(tmp_path, [{"type": "ProgressBarHook"}], 6, resume=True).train()
    shown = terminal.getvalue()
    assert "4/6" in shown
    assert not re.search(r"\b[0-3]/6", shown)


def test_testing_shows_its_images_and_gives_the_log_back(tmp_path, monkeypatch):
    terminal = watch(monkeypatch)
    runner = build_runner(tmp_path, [{"type": "ProgressBarHook"}])
    streams = [handler.stream for handler in runner.logger.handlers]
    runner.test()
    assert [line for line in terminal.lines() if line.startswith("testing") and "3/3" in line]
    assert [handler.stream for handler in runner.logger.handlers] == streams


def test_nothing_is_written_elsewhere(tmp_path, monkeypatch):
    stream = Terminal(is_terminal=False)
    monkeypatch.setattr(sys, "stderr", stream)
    build_runner(tmp_path, [{"type": "ProgressBarHook"}]).train()
    assert stream.getvalue() == ""


def test_a_terminal_that_does_not_tell_its_size_gets_a_bar(tmp_path, monkeypatch):
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        build_runner(tmp_path, [{"type": "ProgressBarHook"}], 2).train()
        shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert "2/2" in shown
