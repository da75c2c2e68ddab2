"""Filters whose kernels are predicted from the image that they are applied to."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.errors import ConfigError
from restorekit.registry import MODELS

#: Number of kernels for an image; the channels of a group share one.
NUM_GROUPS = 8


@MODELS.register_module()
class PredictedFilter(nn.Module):
    """Filter each image with kernels predicted from the means of its channels.

    A 1×1 convolution turns the means into the taps of eight kernels, one for each group of
    neighbouring channels. Borders are reflected. Used by SFNet (ICLR 2023), whose taps of a
    kernel sum to 1, and ConvIR (TPAMI 2024), whose taps are between -1 and 1.

    Args:
        channels: Channels of input and output, a multiple of 8.
        kernel_size: Height and width of the kernels, odd numbers.
        dilation: Distance between neighbouring taps in pixels.
        activation: What the predicted taps go through: ``softmax`` over the taps of a kernel,
            or ``tanh``.
        norm: Whether to normalise the taps over the batch before the activation. Training then
            needs batches of at least two images in each process.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: tuple[int, int],
        dilation: int = 1,
        activation: str = "softmax",
        norm: bool = True,
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        if channels % NUM_GROUPS:
            raise ConfigError(
                f"{type(self).__name__}: channels={channels} cannot be split into {NUM_GROUPS} "
                f"groups; give a multiple of {NUM_GROUPS}."
            )
        if activation not in ("softmax", "tanh"):
            raise ConfigError(
                f"{type(self).__name__}: activation={activation!r} is unknown; give 'softmax' or "
                "'tanh'."
            )
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.activation = activation
        taps = NUM_GROUPS * kernel_size[0] * kernel_size[1]
        self.predict = nn.Conv2d(channels, taps, 1, bias=False)
        self.norm = nn.BatchNorm2d(taps) if norm else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W).

        Raises:
            ConfigError: If there is one image and training normalises over the batch.
        """
        count, channels = x.shape[:2]
        kernels = self._kernels(x).repeat_interleave(channels // NUM_GROUPS, dim=1)
        # One convolution with a group for each channel of each image.
        y = F.conv2d(
            self._pad(x).flatten(0, 1).unsqueeze(0),
            kernels.reshape(count * channels, 1, *self.kernel_size),
            dilation=self.dilation,
            groups=count * channels,
        )
        return y.view(x.shape)

    def _kernels(self, x: torch.Tensor) -> torch.Tensor:
        """Return the kernels (N, groups, taps) for the images ``x``."""
        taps = self.predict(x.mean(dim=(-2, -1), keepdim=True))
        if self.norm is not None:
            if self.training and len(x) == 1:
                raise ConfigError(
                    f"{type(self).__name__} normalises its kernels over the batch, and a batch "
                    "of one image cannot be normalised; raise train_dataloader.total_batch_size "
                    "to two for each process."
                )
            taps = self.norm(taps)
        taps = taps.view(len(x), NUM_GROUPS, -1)
        kernels: torch.Tensor = (
            taps.softmax(dim=-1) if self.activation == "softmax" else taps.tanh()
        )
        return kernels

    def _pad(self, x: torch.Tensor) -> torch.Tensor:
        vertical, horizontal = (self.dilation * (side // 2) for side in self.kernel_size)
        return F.pad(x, (horizontal, horizontal, vertical, vertical), mode="reflect")
