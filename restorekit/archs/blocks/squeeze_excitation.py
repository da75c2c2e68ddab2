"""Squeeze-and-excitation: one factor a channel, from the means of all channels."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS


@MODELS.register_module()
class SqueezeExcitation(nn.Module):
    """Weighs each channel by a factor in (0, 1) computed from the means of all channels.

    Hu et al., "Squeeze-and-Excitation Networks", CVPR 2018, section 3: mean over all
    pixels, linear layer, ReLU, linear layer, sigmoid. Both layers have a bias, as in the
    released code of RESCAN and REHEN. Since the means are those of the whole image, a tile
    of it is weighed otherwise.

    Args:
        channels: Channels of input and output.
        hidden_channels: Channels between the two layers.

    Raises:
        ConfigError: If a value is out of its range.
    """

    def __init__(self, channels: int, hidden_channels: int) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "hidden_channels", hidden_channels, 1)
        self.squeeze = nn.Linear(channels, hidden_channels)
        self.excite = nn.Linear(hidden_channels, channels)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        return x * self.factors(x)

    def factors(self, x: torch.Tensor) -> torch.Tensor:
        """Return what each channel of ``x`` is weighed by, (N, channels, 1, 1)."""
        hidden = torch.relu(self.squeeze(x.mean(dim=(2, 3))))
        return torch.sigmoid(self.excite(hidden))[:, :, None, None]
