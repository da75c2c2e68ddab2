"""Square windows of feature maps, and attention over the positions of a map."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.errors import ConfigError


def to_windows(x: torch.Tensor, side: int) -> torch.Tensor:
    """Cut maps into windows: (N, C, H, W) to (N·windows, C, side, side).

    Args:
        x: Maps whose height and width are multiples of ``side``.
        side: Height and width of a window in pixels.
    """
    batch, channels, height, width = x.shape
    rows, columns = height // side, width // side
    x = x.reshape(batch, channels, rows, side, columns, side)
    return x.permute(0, 2, 4, 1, 3, 5).reshape(-1, channels, side, side)


def from_windows(windows: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """Put windows back: (N·windows, C, side, side) to (N, C, height, width).

    Args:
        windows: What :func:`to_windows` returned, or windows of that shape.
        height: Height of the map in pixels.
        width: Width of the map in pixels.
    """
    channels, side = windows.shape[1:3]
    x = windows.reshape(-1, height // side, width // side, channels, side, side)
    return x.permute(0, 3, 1, 4, 2, 5).reshape(-1, channels, height, width)


class RelativePositionBias(nn.Module):
    """A learned number for each head and each offset between two positions of a square map.

    Liu et al., "Swin Transformer", ICCV 2021, section 3.2.

    Args:
        num_heads: Number of attention heads.
        side: Height and width of the map.
    """

    index: torch.Tensor

    def __init__(self, num_heads: int, side: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.empty((2 * side - 1) ** 2, num_heads))
        nn.init.trunc_normal_(self.table, std=0.02)
        y, x = torch.arange(side).repeat_interleave(side), torch.arange(side).repeat(side)
        rows = y[:, None] - y[None, :] + side - 1
        columns = x[:, None] - x[None, :] + side - 1
        self.register_buffer("index", rows * (2 * side - 1) + columns, persistent=False)

    def forward(self) -> torch.Tensor:
        """Return the numbers (num_heads, side², side²), those of a query in one row."""
        return self.table[self.index].movedim(-1, 0)


class LocalFeedForward(nn.Module):
    """A 1×1 convolution, a depthwise 3×3 one and a 1×1 one; GELU after the first two (LeFF).

    Wang et al., "Uformer", CVPR 2022, section 3.2.

    Args:
        channels: Channels of input and output.
        hidden_channels: Channels of the depthwise convolution.
        residual: Add the input of the depthwise convolution to its result, as IDT does.
    """

    def __init__(self, channels: int, hidden_channels: int, residual: bool = False) -> None:
        super().__init__()
        self.expand = nn.Conv2d(channels, hidden_channels, 1)
        self.local = nn.Conv2d(
            hidden_channels, hidden_channels, 3, padding=1, groups=hidden_channels
        )
        self.out = nn.Conv2d(hidden_channels, channels, 1)
        self.residual = residual

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        x = F.gelu(self.expand(x))
        local = F.gelu(self.local(x))
        result: torch.Tensor = self.out(x + local if self.residual else local)
        return result


class StochasticDepth(nn.Module):
    """Leave out a branch for some images of a training batch, and scale it up for the others.

    Huang et al., "Deep Networks with Stochastic Depth", ECCV 2016, with the branch divided by
    the probability of keeping it, so that nothing needs to be scaled in testing.

    Args:
        rate: Probability that the branch of an image is left out, in [0, 1).

    Raises:
        ConfigError: If ``rate`` is out of range.
    """

    def __init__(self, rate: float) -> None:
        super().__init__()
        if not 0 <= rate < 1:
            raise ConfigError(
                f"StochasticDepth: rate={rate!r} must be at least 0 and below 1; change drop_rate."
            )
        self.rate = rate

    def forward(self, branch: torch.Tensor) -> torch.Tensor:
        """Return the branch (N, …), with some images set to 0 in training."""
        if not self.training or self.rate == 0:
            return branch
        keep = 1 - self.rate
        kept = torch.rand(len(branch), device=branch.device) < keep
        shape = (-1,) + (1,) * (branch.ndim - 1)
        return branch * (kept.to(branch.dtype) / keep).reshape(shape)
