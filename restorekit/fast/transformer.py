"""Restormer's blocks in the channels-last layout, with fewer and smaller tensors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.archs.blocks.transformer import GatedFeedForward
from restorekit.archs.blocks.transposed_attention import TransposedAttention
from restorekit.archs.drsformer import TopKAttention

from .forms import FastForm, register_fast_form

#: The least length of a vector that the plain form scales to 1, as that of F.normalize.
_LEAST_LENGTH = 1e-12


@register_fast_form(TransposedAttention)
class FastTransposedAttention(FastForm, TransposedAttention):
    """Attention whose weights and last convolution become one matrix.

    Products of queries and keys are divided by the lengths of both, instead of scaling the
    vectors over all pixels. The last 1×1 convolution multiplies the weights of the values, and
    the product of both multiplies the values, so that attended values are never stored. Pixels
    are rows of the matrices, as the channels-last layout has them.
    """

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return the last convolution, which is part of the matrix."""
        return (self.out,)

    def compute(self, x: Tensor) -> Tensor:
        """Attend; see :class:`~restorekit.archs.blocks.transposed_attention.TransposedAttention`.

        In 16 bits, whose range the products of long vectors leave, this is the plain form.
        """
        if x.device.type not in ("cpu", "meta") or not _is_precise(x):
            return cast(Tensor, super().compute(x))
        images, channels, height, width = x.shape
        split = (2, self.num_heads, channels // self.num_heads)
        rows = self.qkv(x).permute(0, 2, 3, 1).flatten(1, 2)
        vectors, values = torch.split(rows, [2 * channels, channels], dim=-1)
        q, k = vectors.view(images, -1, *split).permute(2, 0, 3, 4, 1)
        lengths = vectors.square().sum(dim=1).sqrt().clamp_min(_LEAST_LENGTH)
        q_lengths, k_lengths = lengths.view(images, *split).unbind(1)
        lengths_of_both = q_lengths[..., None] * k_lengths[..., None, :]
        scores = q @ k.mT / lengths_of_both * self.temperature
        out = self.out.weight.view(channels, *split[1:]).transpose(0, 1)
        matrix = (out @ self.weights(scores)).transpose(1, 2).flatten(2)
        attended: Tensor = values @ matrix.mT
        return attended.view(images, height, width, channels).permute(0, 3, 1, 2)


@register_fast_form(TopKAttention)
class FastTopKAttention(FastTransposedAttention, TopKAttention):
    """The same with the largest scores only."""


@register_fast_form(GatedFeedForward)
class FastGatedFeedForward(FastForm, GatedFeedForward):
    """Gate and value convolved on their own, so that neither is part of a larger tensor."""

    def skipped_modules(self) -> Iterable[nn.Module]:
        """Return the convolutions, whose filters are divided."""
        return self.expand

    def compute(self, x: Tensor) -> Tensor:
        """Return features; see :class:`~restorekit.archs.blocks.transformer.GatedFeedForward`."""
        weights = (cast(nn.Conv2d, layer).weight.chunk(2) for layer in self.expand)
        gate, value = (
            F.conv2d(F.conv2d(x, widen), spread, padding=1, groups=len(spread))
            for widen, spread in zip(*weights, strict=True)
        )
        result: Tensor = self.out(F.gelu(gate).mul_(value))
        return result


def _is_precise(x: Tensor) -> bool:
    """Return whether what is computed with ``x`` has 32 bits or more."""
    return x.dtype in (torch.float32, torch.float64) and not torch.is_autocast_enabled("cpu")
