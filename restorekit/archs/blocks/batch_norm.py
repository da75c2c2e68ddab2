"""Batch normalisation with running averages or with the moments of each image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.registry import MODELS


@MODELS.register_module()
class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that works with or without running averages.

    Training normalises by the mean and variance of the batch. Testing, in PyTorch, uses
    running averages collected in training. TensorFlow code that calls ``tf.nn.moments``
    (DDN as re-trained by other authors, SSIR) keeps none and uses the moments of the image
    that it restores. ``image_moments=True`` does so too, for each image of a batch
    separately. Each pixel then depends on the whole image, so restoring in tiles gives a
    different result.

    Args:
        channels: Channels of the features.
        eps: Added to the variance.
        momentum: Weight of the newest batch in the running averages; a TensorFlow decay of
            0.99 is a momentum of 0.01.
        image_moments: Test with the moments of each image instead of running averages.
    """

    def __init__(
        self,
        channels: int,
        eps: float = 1e-5,
        momentum: float = 0.1,
        image_moments: bool = False,
    ) -> None:
        super().__init__(channels, eps, momentum, track_running_stats=not image_moments)
        self.image_moments = image_moments

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Normalise features (N, channels, H, W)."""
        if self.training or not self.image_moments:
            return super().forward(x)
        return F.instance_norm(x, weight=self.weight, bias=self.bias, eps=self.eps)
