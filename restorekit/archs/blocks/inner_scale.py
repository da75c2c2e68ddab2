"""DCSFN's inner-scale connection block."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.archs.checks import require_choice, require_int
from restorekit.registry import MODELS

from .layers import conv_lrelu, fuse, max_pyramid
from .untracked import add


@MODELS.register_module()
class InnerScaleBlock(nn.Module):
    """Features convolved at several scales, from the coarsest to the finest, and fused.

    The input is max-pooled to the scales 1, 1/2, …, 1/2^(K-1). At each scale n
    convolutions 3×3 follow; before them, what the next coarser scale gave is brought up,
    concatenated and fused by a 1×1 convolution. All scales' results, brought to full
    size, are fused by a 1×1 convolution, and the input is added. A LeakyReLU of slope 0.2
    follows every convolution.

    DCSFN (ACM MM 2020), section 3.3, equations 4 to 6, and the released code. Where these
    differ or say nothing:

    * The paper's "global max pooling" with k×k kernels and strides is plain max-pooling by
      k. Equation 4 lists k = 1, 2, …, 2^(K-1); only the powers of two are meant.
    * Up-sampling is by nearest neighbour, to the exact size of the finer scale.
    * The indices of equation 5 read against the figure: the coarser result is fused into
      the finer scale, as the text and the code have it.
    * K = 1 (table 5) is n convolutions, plus the input. Equation 6 taken by the letter
      would leave a 1×1 convolution over a single feature map; the released code means to
      have none there (it cannot run with K = 1, though, as it calls a list of layers).
    * ``connection=False`` is the paper's "w/o inner-scale connection" (table 4), which
      neither shows: each scale convolves its own pooled input, and the scales meet only
      in the last fusion.

    Args:
        channels: Channels of input and output.
        num_scales: K, from 1 to 4.
        num_convs: n, convolutions at each scale.
        connection: Whether a coarser scale's result enters the next finer one.

    Raises:
        ConfigError: If a value is out of its range.
    """

    #: Smallest side; the coarsest scale must keep one pixel.
    min_size: int = 1

    def __init__(
        self, channels: int, num_scales: int = 3, num_convs: int = 4, connection: bool = True
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_scales", num_scales, 1, 4)
        require_int(self, "num_convs", num_convs, 1)
        require_choice(self, "connection", connection, (True, False))
        self.min_size = 2 ** (num_scales - 1)
        # Index k belongs to the scale 1/2^k; connection k joins it with scale k + 1.
        self.scales = nn.ModuleList(
            nn.Sequential(*(conv_lrelu(channels, channels, 3) for _ in range(num_convs)))
            for _ in range(num_scales)
        )
        self.connections = nn.ModuleList(
            conv_lrelu(2 * channels, channels, 1)
            for _ in range(num_scales - 1 if connection else 0)
        )
        self.fusion = conv_lrelu(num_scales * channels, channels, 1) if num_scales > 1 else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        results: list[torch.Tensor] = []
        for level, feature in reversed(list(enumerate(max_pyramid(x, len(self.scales))))):
            if results and self.connections:
                feature = fuse(self.connections[level], [feature, results[0]], feature)
            results.insert(0, self.scales[level](feature))
        fused = results[0] if self.fusion is None else fuse(self.fusion, results, x)
        return add(fused, x)
