"""Find out by a probe how far an output pixel looks, and whether tiles can equal the whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import torch

from restorekit.archs.sizing import SizeRequirements, pad_to_fit

#: A network's final output for images of any size.
Run: TypeAlias = Callable[[torch.Tensor], torch.Tensor]

#: Lengths of the strips that are probed, one after another until one is long enough.
LENGTHS = (512, 2048)
#: Breadth of the strips, if the network takes it.
_BREADTH = 16
#: The largest period of strides and resampling that is tried.
_MAX_PERIOD = 64
#: How much outputs may differ that count as equal, relative to the largest value.
_TOLERANCE = 2e-6


@dataclass(frozen=True)
class ReceptiveField:
    """What of an image an output pixel depends on.

    Attributes:
        context: How many pixels around a region its output depends on, a multiple of
            ``period``; None if that is more than was probed, or everything, or if parts of an
            image do not give what the whole gives.
        period: Parts of an image have to begin at multiples of this, so that strides and
            resampling meet the same pixels.
        any_size: Whether parts give what the whole gives for images whose sides are no multiples
            of ``period``, too. A network that resizes its features to the size of an odd image
            stretches them over all of it.
    """

    context: int | None
    period: int = 1
    any_size: bool = True


def probe(
    run: Run,
    requirements: SizeRequirements,
    device: torch.device,
    affordable: Callable[[int, int], bool] = lambda height, width: True,
) -> ReceptiveField:
    """Probe a network.

    A block of a long strip is set to NaN, which every sum and product passes on: the outputs that
    are NaN depend on the block, even where a weight is zero. Strips in both directions are run,
    of 16 pixels' breadth where the network takes that, so that a probe costs no more than a small
    image. Then parts of random strips are compared with the whole.

    Args:
        run: Returns the network's final output for images of sizes that fit.
        requirements: The sizes that fit.
        device: Where ``run`` wants its input.
        affordable: Whether ``run`` may be called with a height and width.
    """
    unknown = ReceptiveField(None, requirements.multiple)
    if requirements.square or requirements.maximum is not None:
        return unknown
    for length in LENGTHS:
        if not affordable(*requirements.fit(_BREADTH, length)):
            return unknown
        strips = [_Strip(run, requirements, device, length, side) for side in (False, True)]
        if all(strip.ends() for strip in strips):
            return _compare(strips, requirements) or unknown
    return unknown


def _compare(strips: list[_Strip], requirements: SizeRequirements) -> ReceptiveField | None:
    """Return the field with the smallest period at which parts of strips equal the whole."""
    reach = max(strip.reach() for strip in strips)
    period = requirements.multiple
    while period <= _MAX_PERIOD:
        context = -(-reach // period) * period
        if all(strip.parts_equal(context, period, 0) for strip in strips):
            rests = {1, period // 2, period - 1} - {0, period}
            any_size = period == requirements.multiple or all(
                strip.parts_equal(context, period, rest) for strip in strips for rest in rests
            )
            return ReceptiveField(context, period, any_size)
        period *= 2
    return None


class _Strip:
    """Long, narrow images that are run as they are, or transposed."""

    def __init__(
        self,
        run: Run,
        requirements: SizeRequirements,
        device: torch.device,
        length: int,
        transposed: bool,
    ) -> None:
        self._run_network, self._requirements = run, requirements
        self._device, self._length, self._transposed = device, length, transposed
        self._changed = torch.zeros(length, dtype=torch.bool)

    def ends(self) -> bool:
        """Change a block in the middle; return whether its effect ends within the strip."""
        noise = self._noise(self._requirements.fit(1, self._length)[1])
        block = self._block()
        poisoned = noise.clone()
        poisoned[..., block] = torch.nan
        self._changed = self._run(poisoned).isnan().any(dim=1).any(dim=1)[0]
        if self.reach() > self._length // 2 - 2 * _MAX_PERIOD:
            return False
        # Operations that choose, such as maxima of some engines, may lose a NaN.
        poisoned[..., block] = 1 - noise[..., block]
        base, other = self._run(noise), self._run(poisoned)
        difference = (other - base).abs().amax(dim=(0, 1, 2))
        self._changed |= difference > _TOLERANCE * float(base.abs().max())
        return self.reach() <= self._length // 2 - 2 * _MAX_PERIOD

    def reach(self) -> int:
        """Return how many pixels away from the block its effect ends."""
        affected: list[int] = self._changed.nonzero().flatten().tolist()
        affected = affected or [self._block().start]
        block = self._block()
        return max(int(block.start) - affected[0], affected[-1] + 1 - int(block.stop), 0)

    def _block(self) -> slice:
        start = self._length // 2
        return slice(start, start + _MAX_PERIOD)

    def parts_equal(self, context: int, period: int, rest: int) -> bool:
        """Compare the right part of a strip, which begins at an odd multiple, with the whole."""
        begin = (context // period) * period + period
        begin += period * (begin // period % 2 == 0)
        width = begin + 2 * context + 4 * period + rest
        if width < self._requirements.fit(1, 1)[1] + begin:
            width += self._requirements.fit(1, 1)[1]
        noise = self._noise(width)
        whole = self._run(noise)[..., begin + context :]
        part = self._run(noise[..., begin:])[..., context:]
        tolerance = _TOLERANCE * float(whole.abs().max())
        return bool(((whole - part).abs() <= tolerance).all())

    def _noise(self, width: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(width)
        breadth = self._requirements.fit(_BREADTH, 1)[0]
        return torch.rand(1, 3, breadth, width, generator=generator)

    def _run(self, strip: torch.Tensor) -> torch.Tensor:
        height, width = strip.shape[-2:]
        lq = strip.mT if self._transposed else strip
        padded = pad_to_fit(lq.contiguous(), self._requirements).to(self._device)
        output = self._run_network(padded).float().cpu()
        return (output.mT if self._transposed else output)[..., :height, :width]
