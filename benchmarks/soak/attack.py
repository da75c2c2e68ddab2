"""What every kind of attack has in common."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random


class Attack:
    """One kind of malformed input.

    Args:
        folder: An empty folder; its ``executed`` is made if code from a file is ever run.
        rng: Chooses what is damaged.
    """

    def __init__(self, folder: Path, rng: Random) -> None:
        self.folder = folder
        self.rng = rng
        self.marker = folder / "executed"
        self.prepare()

    def prepare(self) -> None:
        """Make the good originals."""

    def next(self) -> Callable[[], object]:
        """Write the next malformed file and return what is to be tried with it."""
        raise NotImplementedError
