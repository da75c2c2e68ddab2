"""The order of the samples, the same on any number of processes and after any resume."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sized

import numpy as np
import numpy.typing as npt
from mmengine.dist import get_dist_info, sync_random_seed
from torch.utils.data import Sampler

from restorekit.registry import DATA_SAMPLERS

from .randomness import SampleIndex


@DATA_SAMPLERS.register_module()
class ReproducibleSampler(Sampler[SampleIndex]):
    """Yield a :class:`SampleIndex` for every sample that this process has to load.

    A run is a sequence of positions 0, 1, 2, …, dealt to the processes like cards: position p
    goes to the process of rank ``p % world_size``. Each pass over the n samples of the dataset
    has its own order, drawn from the seed and the number of the pass. The sample at a position
    depends on nothing else, so one process with batches of 2b and two processes with batches of
    b see the same samples with the same random numbers in every step.

    *Infinite* (for loops that count iterations): positions never end. Position p is offset
    ``p % n`` in pass ``p // n``, and ``draw = p``.

    *Epochs*: in epoch e positions run from 0 to the number of samples, rounded up to a multiple
    of the number of processes so that all get equally many. Position p is offset ``p % n`` in
    pass e, and ``draw = e * n + p % n``; positions from n on repeat the first samples of the
    epoch exactly, random numbers included.

    In both modes ``draw = pass * n + offset``.

    Args:
        dataset: Anything with a length.
        seed: Seed of order and draws; by default one that all processes agree on.
        shuffle: Whether each pass has its own random order, or the dataset's.
        infinite: Whether to continue for ever.

    Example:
        >>> first, second = (ReproducibleSampler(range(6), seed=0) for _ in range(2))
        >>> sorted(map(int, first)), list(first) == list(second)
        ([0, 1, 2, 3, 4, 5], True)
    """

    def __init__(
        self,
        dataset: Sized,
        seed: int | None = None,
        shuffle: bool = True,
        infinite: bool = False,
    ) -> None:
        super().__init__()
        self.rank: int
        self.world_size: int
        self.rank, self.world_size = get_dist_info()
        self.dataset = dataset
        self.num_samples = len(dataset)
        self.seed: int = sync_random_seed() if seed is None else seed
        self.shuffle = shuffle
        self.infinite = infinite
        self.epoch = 0
        self._start = 0

    def __len__(self) -> int:
        """Return the samples of this process in a whole epoch or pass."""
        return math.ceil(self.num_samples / self.world_size)

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch of the next iteration; the infinite mode ignores it."""
        self.epoch = epoch
        if not self.infinite:
            self._start = 0

    def start_at(self, samples_drawn: int) -> None:
        """Let the next iteration start after ``samples_drawn`` positions, of all processes.

        They are counted from the start of the run where the sampler is infinite, and otherwise
        from the start of the current epoch (for that epoch only; call :meth:`set_epoch` first).
        No sample is read to get there.
        """
        self._start = samples_drawn

    def __iter__(self) -> Iterator[SampleIndex]:
        first = self._start + (self.rank - self._start) % self.world_size
        if self.infinite:
            return self._samples(itertools.count(first, self.world_size), first_pass=0)
        self._start = 0
        total = len(self) * self.world_size
        # Positions beyond the end of the dataset repeat the beginning of the same epoch.
        offsets = (p % self.num_samples for p in range(first, total, self.world_size))
        return self._samples(offsets, first_pass=self.epoch)

    def _samples(self, positions: Iterable[int], first_pass: int) -> Iterator[SampleIndex]:
        current = -1
        order: npt.NDArray[np.int64] = np.arange(self.num_samples)
        for position in positions:
            later, offset = divmod(position, self.num_samples)
            number = first_pass + later
            if self.shuffle and number != current:
                current, order = number, self._order(number)
            draw = number * self.num_samples + offset
            yield SampleIndex(int(order[offset]), draw, self.seed)

    def _order(self, number: int) -> npt.NDArray[np.int64]:
        # The 1 keeps this stream apart from that of the sample with the same draw.
        return np.random.default_rng((self.seed, number, 1)).permutation(self.num_samples)
