"""Squeeze-and-excitation: a factor for each channel, from the means of all channels."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class SqueezeExcitation(nn.Module):
    """Multiply each channel by a factor in (0, 1) computed from the means of all channels.

    Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, section 3: mean over all
    pixels, linear layer, ReLU, linear layer, sigmoid. The means are those of the whole image, so
    a tile of it gets different factors.

    Args:
        channels: Channels of input and output.
        hidden_channels: Channels between the two layers.
        bias: Whether both layers have a bias, as in the released code of RESCAN and REHEN but not
            of SPDNet.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, hidden_channels: int, bias: bool = True) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "hidden_channels", hidden_channels, 1)
        self.squeeze = nn.Linear(channels, hidden_channels, bias=bias)
        self.excite = nn.Linear(hidden_channels, channels, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        hidden = torch.relu(self.squeeze(x.mean(dim=(2, 3))))
        factors = torch.sigmoid(self.excite(hidden))
        return x * factors[:, :, None, None]
