"""Which random numbers a sample gets: those of its place in the training run."""

from __future__ import annotations

from typing import Any

import numpy as np


class SampleIndex(int):
    """The index of a sample that knows when in the run it was drawn.

    It is an ``int`` everywhere else, and travels to the worker processes as it is.

    Attributes:
        draw: Place of the sample in the whole run, counted over all processes; see
            :class:`restorekit.datasets.ReproducibleSampler`.
        seed: Seed of the run.
    """

    draw: int
    seed: int

    def __new__(cls, index: int, draw: int, seed: int) -> SampleIndex:
        """Make the index."""
        self = super().__new__(cls, index)
        self.draw = draw
        self.seed = seed
        return self

    def at(self, index: int) -> SampleIndex:
        """Return another index that was drawn at the same time (for a dataset inside a dataset)."""
        return SampleIndex(index, self.draw, self.seed)

    def __reduce__(self) -> tuple[Any, ...]:
        return SampleIndex, (int(self), self.draw, self.seed)

    def __repr__(self) -> str:
        return f"SampleIndex({int(self)}, draw={self.draw}, seed={self.seed})"


def sample_rng(index: int) -> np.random.Generator:
    """Return the generator of a sample: of its seed and draw, or of a plain index."""
    if isinstance(index, SampleIndex):
        return np.random.default_rng((index.seed, index.draw))
    return np.random.default_rng(int(index))
