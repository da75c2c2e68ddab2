"""DCSFN's inner-scale connection block."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.archs.checks import require_choice, require_int
from restorekit.archs.sizing import SizeRequirements
from restorekit.registry import MODELS

from .layers import Fusion, conv_lrelu, max_pyramid


@MODELS.register_module()
class InnerScaleBlock(nn.Module):
    """Convolve features at several scales, from coarse to fine, and fuse the results.

    DCSFN (ACM MM 2020), section 3.3, figure 3 and equations 4 to 6, and the released code.
    A LeakyReLU of slope 0.2 follows every convolution. Where paper and code differ, or the
    paper leaves something open:

    * "Global max pooling" with k×k kernels and strides is ordinary max-pooling by k.
      Equation 4 lists k = 1, 2, …, 2^(K-1); only the powers of two are meant.
    * U, the up-sampling, is by nearest neighbour to the exact size of the finer scale.
    * The indices of equation 5 contradict figure 3 and the text. Here, as in the figure, the
      text and the code, the coarser result is fused into the finer scale.
    * For K = 1 (table 5) the block is n convolutions plus the input. Equation 6 would still
      have a 1×1 convolution, over a single feature map; the released code intends to have
      none (but cannot run with K = 1).
    * ``connection=False`` is the paper's "w/o inner-scale connection" (table 4), which
      neither the paper nor the code defines. Here each scale convolves its own pooled input,
      and the scales meet only in the last fusion.

    Args:
        channels: Channels of input and output.
        num_scales: K, from 1 to 4.
        num_convs: n, convolutions at each scale.
        connection: Whether a coarser scale's result enters the next finer scale.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(
        self, channels: int, num_scales: int = 3, num_convs: int = 4, connection: bool = True
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_scales", num_scales, 1, 4)
        require_int(self, "num_convs", num_convs, 1)
        require_choice(self, "connection", connection, (True, False))
        # The coarsest scale keeps at least one pixel.
        self.size_requirements = SizeRequirements(minimum=2 ** (num_scales - 1))
        # Index k stands for the scale 1/2^k; connection k joins it with scale k + 1.
        self.scales = nn.ModuleList(
            nn.Sequential(*(conv_lrelu(channels, channels, 3) for _ in range(num_convs)))
            for _ in range(num_scales)
        )
        self.connections = nn.ModuleList(
            Fusion(2 * channels, channels) for _ in range(num_scales - 1 if connection else 0)
        )
        self.fusion = Fusion(num_scales * channels, channels) if num_scales > 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        pooled = max_pyramid(x, len(self.scales))  # P, equation 4
        results: list[torch.Tensor] = []  # Y, from fine to coarse
        for k in reversed(range(len(self.scales))):
            features = pooled[k]
            if results and self.connections:
                features = self.connections[k]([features, results[0]])  # equation 5
            results.insert(0, self.scales[k](features))
        fused: torch.Tensor = results[0] if self.fusion is None else self.fusion(results)
        return fused + x  # equation 6
