"""The encoder-decoder with inputs and outputs of three sizes, from MIMO-UNet."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

from restorekit.archs.checks import require_int

#: Builds a residual block with a given number of channels. The second argument says whether it
#: has the filters of the last block of a stage.
MakeBlock = Callable[[int, bool], nn.Module]


class MultiInputOutput(nn.Module):
    """An encoder-decoder that is also given the image at half and a quarter of its size.

    The encoder halves the size and doubles the channels twice, and at each smaller size takes
    in features of the decimated image. The decoder returns to full size; at each size, its
    features make a residual for the image of that size. The two smaller results are needed only in
    training.

    Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image Deblurring", ICCV 2021, in the
    form of SFNet (ICLR 2023) and ConvIR (TPAMI 2024), whose blocks differ.

    Args:
        channels: Channels at full size.
        num_blocks: Number of residual blocks in each of the six stages.
        make_block: Builds a residual block.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, channels: int, num_blocks: int, make_block: MakeBlock) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_blocks", num_blocks, 1)
        widths = [channels, 2 * channels, 4 * channels]

        def stages() -> nn.ModuleList:
            return nn.ModuleList(
                nn.Sequential(*(make_block(width, i == num_blocks - 1) for i in range(num_blocks)))
                for width in widths
            )

        self.head = conv_gelu(3, channels)
        self.down = nn.ModuleList(conv_gelu(width, 2 * width, stride=2) for width in widths[:2])
        self.inputs = nn.ModuleList(ImageFeatures(width) for width in widths[1:])
        self.merge = nn.ModuleList(
            nn.Conv2d(2 * width, width, 3, padding=1) for width in widths[1:]
        )
        self.encoder = stages()
        self.decoder = stages()
        self.up = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose2d(2 * width, width, 4, stride=2, padding=1), nn.GELU())
            for width in widths[:2]
        )
        self.reduce = nn.ModuleList(conv_gelu(2 * width, width, side=1) for width in widths[:2])
        self.tails = nn.ModuleList(nn.Conv2d(width, 3, 3, padding=1) for width in widths)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore images.

        Args:
            lq: Degraded images, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The restored images, of the same shape, not clamped.
        """
        restored: torch.Tensor = lq + self.tails[0](self._features(_pyramid(lq))[0])
        return restored

    def forward_train(self, lq: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the restored images of all sizes.

        Args:
            lq: See :meth:`forward`.

        Returns:
            The final ``pred``, and ``half`` and ``quarter`` of the size.
        """
        images = _pyramid(lq)
        pairs = zip(images, self.tails, self._features(images), strict=True)
        restored = [image + tail(features) for image, tail, features in pairs]
        return dict(zip(("pred", "half", "quarter"), restored, strict=True))

    def _features(self, images: list[torch.Tensor]) -> list[torch.Tensor]:
        """Return the decoder's features of each size, full size first."""
        encoded = [self.encoder[0](self.head(images[0]))]
        for level, image in enumerate(images[1:]):
            both = torch.cat([self.down[level](encoded[level]), self.inputs[level](image)], dim=1)
            encoded.append(self.encoder[level + 1](self.merge[level](both)))
        decoded = [self.decoder[2](encoded[2])]
        for level in (1, 0):
            both = torch.cat([self.up[level](decoded[0]), encoded[level]], dim=1)
            decoded.insert(0, self.decoder[level](self.reduce[level](both)))
        return decoded


class ImageFeatures(nn.Sequential):
    """Features of a small image: four convolutions and a norm over each channel.

    Args:
        channels: Channels of the features, a multiple of 4.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(
            conv_gelu(3, channels // 4),
            conv_gelu(channels // 4, channels // 2, side=1),
            conv_gelu(channels // 2, channels // 2),
            nn.Conv2d(channels // 2, channels, 1),
            nn.InstanceNorm2d(channels, affine=True),
        )


def conv_gelu(in_channels: int, out_channels: int, side: int = 3, stride: int = 1) -> nn.Sequential:
    """Return a convolution that keeps the size, but for its stride, followed by a GELU."""
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, side, stride=stride, padding=side // 2), nn.GELU()
    )


def _pyramid(lq: torch.Tensor) -> list[torch.Tensor]:
    """Return ``lq`` and its decimations to half and a quarter of the size."""
    return [lq, lq[..., ::2, ::2], lq[..., ::4, ::4]]
