"""Parallel operations whose weights depend on the image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.registry import MODELS

#: Kernel sizes of the separable convolutions, and of those with a dilation of 2.
SEPARABLE = (1, 3, 5, 7)
DILATED = (3, 5, 7)


@MODELS.register_module()
class ExpertMixture(nn.Module):
    """Steps of eight parallel operations whose results are weighted for each image.

    The operations of a step are separable convolutions with kernels of 1, 3, 5 and 7 pixels,
    dilated ones of 3, 5 and 7, and an average pooling. Two linear layers and a softmax compute
    the weights for all steps from the means of the input's channels. A 1×1 convolution merges
    the results, and the step's input is added.

    Suganuma et al., "Attention-Based Adaptive Selection of Operations for Image Restoration in
    the Presence of Unknown Combined Distortions", CVPR 2019, as DRSformer (its mixture of
    experts feature compensator) and HCT-FFN use it.

    Args:
        channels: Channels of input and output.
        num_steps: Number of steps.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, num_steps: int = 4) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_steps", num_steps, 1)
        weights = num_steps * (len(SEPARABLE) + len(DILATED) + 1)
        self.weights = nn.Sequential(
            nn.Linear(channels, 2 * weights), nn.ReLU(), nn.Linear(2 * weights, weights)
        )
        self.head = nn.Conv2d(channels, channels, 1, bias=False)
        self.steps = nn.ModuleList(ExpertStep(channels) for _ in range(num_steps))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        weights = self.weights(x.mean(dim=(2, 3))).unflatten(1, (len(self.steps), -1))
        weights = weights.softmax(dim=2)
        x = torch.relu(self.head(x))
        for index, step in enumerate(self.steps):
            x = torch.relu(step(x, weights[:, index]) + x)
        return x


class ExpertStep(nn.Module):
    """Eight parallel operations and a convolution that merges their weighted results.

    Args:
        channels: Channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.operations = nn.ModuleList(
            [
                *(
                    nn.Sequential(
                        _depthwise(channels, side),
                        nn.Conv2d(channels, channels, 1, bias=False),
                        nn.ReLU(),
                        _depthwise(channels, side),
                        nn.Conv2d(channels, channels, 1, bias=False),
                    )
                    for side in SEPARABLE
                ),
                *(
                    nn.Sequential(
                        _depthwise(channels, side, dilation=2),
                        nn.Conv2d(channels, channels, 1, bias=False),
                    )
                    for side in DILATED
                ),
                nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
            ]
        )
        self.merge = nn.Conv2d(len(self.operations) * channels, channels, 1, bias=False)

    def forward(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W).

        Args:
            x: Features.
            weights: Weight of each operation, (N, 8).
        """
        results = [
            operation(x) * weights[:, index, None, None, None]
            for index, operation in enumerate(self.operations)
        ]
        return F.relu(self.merge(torch.cat(results, dim=1)))


def _depthwise(channels: int, side: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(
        channels,
        channels,
        side,
        padding=dilation * (side // 2),
        dilation=dilation,
        groups=channels,
        bias=False,
    )
