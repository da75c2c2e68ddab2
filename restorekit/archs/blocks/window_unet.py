"""The encoder-decoder of five sizes that Uformer and IDT fill with their blocks."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError

#: Levels of the encoder, each followed by a halving of the size.
NUM_LEVELS = 4
#: Four of the encoder, the bottom, and four of the decoder.
NUM_STAGES = 2 * NUM_LEVELS + 1


class WindowUNet(nn.Module):
    """Nine stages: four of an encoder, the bottom, and four of a decoder.

    Strided 4×4 convolutions halve the size and double the channels; transposed 2×2 convolutions
    reverse this. Encoder and decoder features are concatenated and not reduced, so that the
    decoder has twice the encoder's channels.

    Args:
        channels: Channels at full size; each level doubles them.
        make_stage: Builds a stage from its index and its channels.
    """

    def __init__(self, channels: int, make_stage: Callable[[int, int], nn.Module]) -> None:
        super().__init__()
        widths = [channels << level for level in range(NUM_LEVELS + 1)]
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.encoder = nn.ModuleList(
            make_stage(level, widths[level]) for level in range(NUM_LEVELS)
        )
        self.down = nn.ModuleList(
            nn.Conv2d(width, 2 * width, 4, stride=2, padding=1) for width in widths[:-1]
        )
        self.bottom = make_stage(NUM_LEVELS, widths[-1])
        # From the smallest size up. Only the bottom's features have the encoder's channels.
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(min(4 * widths[level], widths[-1]), widths[level], 2, stride=2)
            for level in reversed(range(NUM_LEVELS))
        )
        self.decoder = nn.ModuleList(
            make_stage(2 * NUM_LEVELS - level, 2 * widths[level])
            for level in reversed(range(NUM_LEVELS))
        )
        self.tail = nn.Conv2d(2 * channels, 3, 3, padding=1)

    def residual(self, lq: torch.Tensor) -> torch.Tensor:
        """Return what to add to images (N, 3, H, W), of the same shape."""
        x = F.leaky_relu(self.head(lq))
        skips = []
        for stage, down in zip(self.encoder, self.down, strict=True):
            skips.append(stage(x))
            x = down(skips[-1])
        x = self.bottom(x)
        for up, stage in zip(self.up, self.decoder, strict=True):
            x = stage(torch.cat([up(x), skips.pop()], dim=1))
        residual: torch.Tensor = self.tail(x)
        return residual


def require_stages(owner: object, num_blocks: Sequence[int], num_heads: Sequence[int]) -> None:
    """Require ``num_blocks`` and ``num_heads`` to have a number for each of the nine stages.

    Raises:
        ConfigError: If they do not; the message names the class of ``owner``.
    """
    if not len(num_blocks) == len(num_heads) == NUM_STAGES or min(num_blocks) < 1:
        raise ConfigError(
            f"{type(owner).__name__}: num_blocks={tuple(num_blocks)} and "
            f"num_heads={tuple(num_heads)} must have {NUM_STAGES} numbers above 0, one for each "
            "stage."
        )


def drop_rates(num_blocks: Sequence[int], largest: float) -> list[list[float]]:
    """Return the probability of stochastic depth for each block of each stage.

    In the encoder it grows from 0 with each block, at the bottom it is ``largest``, and the decoder
    has the encoder's in reverse order.
    """
    total = sum(num_blocks[:NUM_LEVELS])
    encoder = [largest * index / max(total - 1, 1) for index in range(total)]
    bottom = [largest] * num_blocks[NUM_LEVELS]
    # A decoder with more blocks than the encoder keeps the last rate, 0.
    rates = itertools.chain(encoder, bottom, reversed(encoder), itertools.repeat(0.0))
    return [list(itertools.islice(rates, count)) for count in num_blocks]
