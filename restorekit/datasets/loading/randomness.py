"""Random numbers of a sample: they depend on its position in the run and on nothing else."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.random.bit_generator import ISpawnableSeedSequence


class SampleIndex(int):
    """The index of a sample that also says when in the run it was drawn.

    It is an ``int`` in every other respect, and can be sent to worker processes.

    Attributes:
        draw: Position of the sample in the whole run, counted over all processes; see
            :class:`restorekit.datasets.ReproducibleSampler`.
        seed: Seed of the run.
        patch_size: Side of the patch to cut, where the iteration decides on it; see
            :class:`restorekit.datasets.ProgressiveBatchSampler`.

    Example:
        >>> index = SampleIndex(2, draw=10, seed=0)
        >>> index + 1, index.draw
        (3, 10)
    """

    draw: int
    seed: int
    patch_size: int | None

    def __new__(
        cls, index: int, draw: int, seed: int, patch_size: int | None = None
    ) -> SampleIndex:
        self = super().__new__(cls, index)
        self.draw = draw
        self.seed = seed
        self.patch_size = patch_size
        return self

    def at(self, index: int) -> SampleIndex:
        """Return another index with the same draw, for a dataset inside a dataset."""
        return SampleIndex(index, self.draw, self.seed, self.patch_size)

    def with_patch(self, patch_size: int) -> SampleIndex:
        """Return the same index with a patch size."""
        return SampleIndex(int(self), self.draw, self.seed, patch_size)

    @classmethod
    def of(cls, index: int) -> SampleIndex:
        """Return an index as it is if it has a draw; a plain one is its own draw, with seed 0."""
        return index if isinstance(index, cls) else cls(int(index), int(index), 0)

    def partner(self, rng: np.random.Generator, count: int) -> SampleIndex:
        """Draw a sample of a dataset that goes with this one, and the seed of its transforms.

        Args:
            rng: Source of all randomness.
            count: Number of samples of the dataset.
        """
        number, seed = int(rng.integers(count)), int(rng.integers(2**32))
        return SampleIndex(number, self.draw, seed, self.patch_size)

    def __reduce__(self) -> tuple[Any, ...]:
        return SampleIndex, (int(self), self.draw, self.seed, self.patch_size)

    def __repr__(self) -> str:
        return f"SampleIndex({int(self)}, draw={self.draw}, seed={self.seed})"


class SampleSeed(ISpawnableSeedSequence):
    """The seed of a sample's generator: a hash of the run's seed and the draw.

    NumPy's own ``SeedSequence`` takes five times as long, which for a crop from a ``raw`` LMDB
    is more than everything else. BLAKE2b makes the seeds of any two samples independent, those
    of neighbouring draws included.

    Args:
        text: The bytes that are hashed.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._spawned = 0

    def generate_state(
        self, n_words: int, dtype: npt.DTypeLike = np.uint32
    ) -> npt.NDArray[np.uint32 | np.uint64]:
        """Return up to 64 bytes of the hash as words; called by NumPy's generators."""
        size = n_words * np.dtype(dtype).itemsize
        return np.frombuffer(hashlib.blake2b(self._text, digest_size=size).digest(), dtype)

    def spawn(self, n_children: int) -> list[SampleSeed]:
        """Return seeds of further streams, new ones at each call; called by ``rng.spawn``."""
        first, self._spawned = self._spawned, self._spawned + n_children
        return [SampleSeed(b"%b/%d" % (self._text, k)) for k in range(first, self._spawned)]


def sample_rng(index: int) -> np.random.Generator:
    """Return the generator for a sample's seed and draw, or for a plain index.

    Example:
        >>> float(sample_rng(3).random()) == float(sample_rng(3).random())
        True
    """
    if isinstance(index, SampleIndex):
        # NumPy's type hints know only its own class of this interface.
        seed: Any = SampleSeed(b"%d %d" % (index.seed, index.draw))
        return np.random.Generator(np.random.PCG64(seed))
    return np.random.default_rng(int(index))
