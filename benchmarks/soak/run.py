"""Run attacks and count how they end."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from restorekit.errors import RestoreKitError

from .cases import ATTACKS

#: Seconds that one file may take.
SLOW = 20.0


@dataclass
class Outcome:
    """How an attack went.

    Attributes:
        tried: Number of files.
        read: Those that were read in spite of the damage.
        refused: Those that a RestoreKitError refused.
        fell: Where others ended, and how often: the exception and the line that raised it.
        executed: Files whose code was run.
        slow: Files that took longer than :data:`SLOW`.
        seconds: Of the slowest file.
    """

    tried: int = 0
    read: int = 0
    refused: int = 0
    fell: Counter[str] = field(default_factory=Counter)
    executed: int = 0
    slow: int = 0
    seconds: float = 0.0

    @property
    def held(self) -> bool:
        """Whether every file was read or refused, in time, and none was run."""
        return not (self.fell or self.executed or self.slow)


def run_attack(name: str, count: int, seed: int = 0) -> Outcome:
    """Try ``count`` malformed inputs of a kind; each is another one, the same for a seed."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as folder:
        attack = ATTACKS[name](Path(folder), Random(f"{name} {seed}"))  # noqa: S311
        for _ in range(count):
            attempt = attack.next()
            started = time.perf_counter()
            try:
                attempt()
                outcome.read += 1
            except RestoreKitError as error:
                if str(error).strip():
                    outcome.refused += 1
                else:
                    outcome.fell["a refusal without a message"] += 1
            except Exception as error:
                outcome.fell[_where(error)] += 1
            seconds = time.perf_counter() - started
            outcome.tried += 1
            outcome.seconds = max(outcome.seconds, seconds)
            outcome.slow += seconds > SLOW
            if attack.marker.exists():
                outcome.executed += 1
                attack.marker.unlink()
    return outcome


def _where(error: Exception) -> str:
    """Name an exception and the innermost line of restorekit that it passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "restorekit" in Path(frame.filename).parts] or frames
    text = str(error).splitlines()[0][:100] if str(error) else ""
    return f"{type(error).__name__}: {text} ({Path(ours[-1].filename).name}:{ours[-1].lineno})"
