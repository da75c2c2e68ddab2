"""Run attacks and count how they end."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from restorekit.errors import RestoreKitError, first_line

from .cases import ATTACKS

#: Seconds that one file may take.
SLOW = 20.0


@dataclass
class Outcome:
    """How an attack went.

    Attributes:
        tried: Number of files.
        read: Number of files that were read in spite of the damage.
        refused: Number of files that were refused with a RestoreKitError.
        failures: Other exceptions, with the line that raised them, and how often they occurred.
        executed: Number of files whose code was run.
        slow: Number of files that took longer than :data:`SLOW`.
        seconds: Time of the slowest file.
    """

    tried: int = 0
    read: int = 0
    refused: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    executed: int = 0
    slow: int = 0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every file was read or refused in time, and no code was run."""
        return not (self.failures or self.executed or self.slow)


def run_attack(name: str, count: int, seed: int = 0) -> Outcome:
    """Try ``count`` different malformed files of a kind, reproducibly for a seed."""
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
                    outcome.failures["a refusal without a message"] += 1
            except Exception as error:
                outcome.failures[_where(error)] += 1
            seconds = time.perf_counter() - started
            outcome.tried += 1
            outcome.seconds = max(outcome.seconds, seconds)
            outcome.slow += seconds > SLOW
            if attack.marker.exists():
                outcome.executed += 1
                attack.marker.unlink()
    return outcome


def _where(error: Exception) -> str:
    """Describe an exception, with the innermost line of restorekit that it passed through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "restorekit" in Path(frame.filename).parts] or frames
    text = first_line(error)[:100]
    return f"{type(error).__name__}: {text} ({Path(ours[-1].filename).name}:{ours[-1].lineno})"
