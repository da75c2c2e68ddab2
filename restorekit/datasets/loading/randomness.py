"""Which random numbers a sample gets: those of its place in the training run."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISpawnableSeedSequence


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


class SampleSeed(ISpawnableSeedSequence):
    """What a sample's generator starts from: a hash of the seed and the draw.

    NumPy's own ``SeedSequence`` does the same in five times the time, which for a crop out of
    a ``raw`` LMDB is more than all the rest. BLAKE2b makes the starting points of any two
    samples independent, those of neighbouring draws too.

    Args:
        text: What is hashed.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._spawned = 0

    def generate_state(
        self, n_words: int, dtype: npt.DTypeLike = np.uint32
    ) -> npt.NDArray[np.uint32 | np.uint64]:
        """Return up to 64 bytes of hash as words; NumPy's generators call this."""
        size = n_words * np.dtype(dtype).itemsize
        return np.frombuffer(hashlib.blake2b(self._text, digest_size=size).digest(), dtype)

    def spawn(self, n_children: int) -> list[SampleSeed]:
        """Return seeds of further streams, others at each call; ``rng.spawn`` calls this."""
        first, self._spawned = self._spawned, self._spawned + n_children
        return [SampleSeed(b"%b/%d" % (self._text, k)) for k in range(first, self._spawned)]


def sample_rng(index: int) -> np.random.Generator:
    """Return the generator of a sample: of its seed and draw, or of a plain index."""
    if isinstance(index, SampleIndex):
        # NumPy's type hints know only its own class of this interface.
        seed: Any = SampleSeed(b"%d %d" % (index.seed, index.draw))
        return np.random.Generator(np.random.PCG64(seed))
    return np.random.default_rng(int(index))
