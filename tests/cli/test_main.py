"""What every command does with errors, interrupts and places that cannot be written."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import types

import pytest

from restorekit.cli import main
from restorekit.errors import DataError


@pytest.fixture
def command(monkeypatch):
    """Return a function that makes ``restorekit doing`` run what it is given."""

    def make(run):
        module = types.ModuleType("restorekit.cli.doing")
        module.add_arguments = lambda parser: None
        module.run = lambda args: run()
        monkeypatch.setitem(sys.modules, module.__name__, module)
        monkeypatch.setitem(main.__globals__["COMMANDS"], "doing", "do it")
        return lambda: main(["doing"])

    return make


def raising(error):
    def run():
        raise error

    return run


WORKER = """Caught DataError in DataLoader worker process 0.
Original Traceback (most recent call last):
  File "worker.py", line 3, in fetch
    raise DataError(x)
restorekit.errors.DataError: the image: a.png
is cut off
"""


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (DataError("first line\n  second line\nthird: line"), "first line second line third: line"),
        (DataError(WORKER), "the image: a.png is cut off"),
        (
            DataError("no image \x1b]0;owned\x07\x1b[31m.png"),
            r"no image \x1b]0;owned\x07\x1b[31m.png",
        ),
        (DataError("evil\u202egnp.exe"), "evil\\u202egnp.exe"),
        (OSError(errno.ENOSPC, "No space left on device", "/data/x.png"), "/data/x.png: no space"),
        (PermissionError(errno.EACCES, "Permission denied", "/data"), "/data: permission denied"),
        (OSError(errno.EFBIG, "File too large"), "a file: file too large"),
    ],
)
def test_an_error_takes_one_line_and_loses_nothing(command, capsys, error, shown):
    assert command(raising(error))() == 2
    out = capsys.readouterr().err
    assert out.startswith(f"restorekit doing: {shown}")
    assert out.count("\n") == 1


def test_a_defect_keeps_its_traceback(command):
    for error in (ValueError("a defect"), OSError(errno.ECONNRESET, "reset")):
        with pytest.raises(type(error)):
            command(raising(error))()


@pytest.mark.parametrize(
    "became", [DataError("worker died"), RuntimeError("worker died"), ImportError("half"), None]
)
def test_an_interrupt_never_becomes_another_error(command, capsys, became):
    def run():
        try:
            os.kill(os.getpid(), signal.SIGINT)
            for _ in range(1000):
                pass
        except KeyboardInterrupt:
            if became is None:
                raise
            raise became from None

    previous = signal.getsignal(signal.SIGINT)
    assert command(run)() == 130
    assert capsys.readouterr().err == "restorekit doing: interrupted.\n"
    assert signal.getsignal(signal.SIGINT) is previous


def test_an_interrupt_while_a_command_is_imported():
    script = textwrap.dedent(
        """
        import os, signal, sys
        class Interrupting:
            def find_spec(self, name, path=None, target=None):
                if name == "mmengine":
                    os.kill(os.getpid(), signal.SIGINT)
        sys.meta_path.insert(0, Interrupting())
        from restorekit.cli import program
        program(["train", "--help"])
        """
    )
    run = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr) == (130, "restorekit train: interrupted.\n")
