"""Non-local attention, over a whole feature map or within the cells of a grid."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class NonLocalAttention(nn.Module):
    """Add to every pixel a mean over all others, weighted by similarity.

    Wang et al., "Non-local Neural Networks", CVPR 2018, in the embedded Gaussian form: the
    softmax over θ(x)ᵀφ(x) weights g(x), and a convolution W (``out``) of the result is added
    to x. All convolutions are 1×1; φ and g are max-pooled by 2. As in the released code of
    NLEDN the scores are not divided by √channels, and W starts at zero: the block is the
    identity at first, and θ, φ and g have gradients of zero in the first step.

    With ``grid=n`` each side is cut into n cells of ⌈side / n⌉ pixels, and each cell attends
    only to itself: NLEDN (ACM MM 2018). The last cell may be smaller, and a short side has
    fewer cells. All cells share the weights. A cell that is one pixel wide or high, on which
    the released code fails, is not pooled in that direction.

    Args:
        channels: Channels of input and output.
        inner_channels: Channels of θ, φ and g; half of ``channels`` by default.
        grid: Number of cells along each side; 1 attends to the whole map.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, inner_channels: int | None = None, grid: int = 1) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        inner = max(channels // 2, 1) if inner_channels is None else inner_channels
        require_int(self, "inner_channels", inner, 1)
        require_int(self, "grid", grid, 1)
        self.grid = grid
        self.theta = nn.Conv2d(channels, inner, 1)
        self.phi = nn.Conv2d(channels, inner, 1)
        self.g = nn.Conv2d(channels, inner, 1)
        self.out = nn.Conv2d(inner, channels, 1)
        nn.init.zeros_(self.out.weight)
        if self.out.bias is not None:
            nn.init.zeros_(self.out.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        height, width = (-(-side // self.grid) for side in x.shape[-2:])
        rows = [
            torch.cat([self.attend(cell) for cell in torch.split(row, width, dim=3)], dim=3)
            for row in torch.split(x, height, dim=2)
        ]
        return torch.cat(rows, dim=2)

    def attend(self, cell: torch.Tensor) -> torch.Tensor:
        """Let a cell (N, channels, h, w) attend to itself."""
        window = [min(side, 2) for side in cell.shape[-2:]]
        query = self.theta(cell).flatten(2)
        key = F.max_pool2d(self.phi(cell), window).flatten(2)
        value = F.max_pool2d(self.g(cell), window).flatten(2)
        weights = torch.softmax(query.mT @ key, dim=-1)
        gathered = (weights @ value.mT).mT.reshape(len(cell), -1, *cell.shape[-2:])
        residual: torch.Tensor = self.out(gathered)
        return cell + residual
