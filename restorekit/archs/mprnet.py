"""MPRNet, whose three stages work on quarters, halves and the whole image (CVPR 2021)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

import torch
from torch import nn

from restorekit.registry import MODELS

from .checks import require_int
from .sizing import SizeRequirements

#: The levels of the encoder-decoders.
NUM_LEVELS = 3


@MODELS.register_module()
class MPRNet(nn.Module):
    """Three stages: encoder-decoders on quarters and halves, and a network at full size.

    The first stage encodes quarters of the image and restores halves, the second encodes
    halves and restores the whole, and the third works on the whole image at full size.
    Between stages, supervised attention passes on features that are weighted by the stage's
    restored image, and the encoder's and decoder's features of one stage are added to the
    features of the next.

    Zamir et al., "Multi-Stage Progressive Image Restoration", CVPR 2021, with the data flow of
    the released code (github.com/swz30/MPRNet). The defaults are the network released for
    deraining, 3,637,249 parameters; those for deblurring and denoising are wider. No
    convolution has a bias, and all PReLUs share one parameter.

    Args:
        channels: Channels at full size.
        level_channels: Channels that each lower level of an encoder-decoder adds.
        final_channels: Channels that the third stage adds to ``channels``.
        num_blocks: Number of attention blocks in each of the third stage's three groups.
        reduction: Factor by which channel attention reduces its hidden channels.

    Raises:
        ConfigError: If a value is out of range.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = MPRNet(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 3637249)
    """

    size_requirements = SizeRequirements(minimum=8, multiple=8)

    def __init__(
        self,
        channels: int = 40,
        level_channels: int = 20,
        final_channels: int = 16,
        num_blocks: int = 8,
        reduction: int = 4,
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "level_channels", level_channels, 0)
        require_int(self, "final_channels", final_channels, 0)
        require_int(self, "num_blocks", num_blocks, 1)
        require_int(self, "reduction", reduction, 1, channels)
        activation = nn.PReLU()

        def block(width: int) -> ChannelAttentionBlock:
            return ChannelAttentionBlock(width, reduction, activation)

        widths = [channels + level * level_channels for level in range(NUM_LEVELS)]
        self.heads = nn.ModuleList(
            nn.Sequential(_conv(3, channels), block(channels)) for _ in range(3)
        )
        self.encoders = nn.ModuleList(
            Encoder(widths, activation, reduction, fuse=stage > 0) for stage in range(2)
        )
        self.decoders = nn.ModuleList(Decoder(widths, activation, reduction) for _ in range(2))
        self.attention = nn.ModuleList(SupervisedAttention(channels) for _ in range(2))
        self.merge = nn.ModuleList(
            _conv(2 * channels, width) for width in (channels, channels + final_channels)
        )
        self.final = FullSizeStage(
            widths, channels + final_channels, num_blocks, activation, reduction
        )
        self.tail = _conv(channels + final_channels, 3)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Restore images.

        Args:
            lq: Degraded images, float RGB (N, 3, H, W) in [0, 1], with sides that are
                multiples of 8.

        Returns:
            The restored images, of the same shape, not clamped.
        """
        return self.forward_train(lq)["pred"]

    def forward_train(self, lq: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the images of all stages: ``stage1``, ``stage2`` and the final ``pred``.

        Args:
            lq: See :meth:`forward`.
        """
        halves = lq.chunk(2, dim=2)

        # Stage 1 encodes quarters and decodes halves.
        quarters = [half.chunk(2, dim=3) for half in halves]
        encoded = [
            _joined([self.encoders[0](self.heads[0](quarter)) for quarter in row], dim=3)
            for row in quarters
        ]
        decoded = [self.decoders[0](features) for features in encoded]
        attended = [
            self.attention[0](features[0], half)
            for features, half in zip(decoded, halves, strict=True)
        ]
        stage1 = torch.cat([image for _, image in attended], dim=2)

        # Stage 2 encodes halves and decodes the whole.
        features2 = [
            self.encoders[1](
                self.merge[0](torch.cat([self.heads[1](half), passed], dim=1)), before, after
            )
            for half, (passed, _), before, after in zip(
                halves, attended, encoded, decoded, strict=True
            )
        ]
        whole = _joined(features2, dim=2)
        decoded2 = self.decoders[1](whole)
        passed, stage2 = self.attention[1](decoded2[0], lq)

        # Stage 3 stays at full size.
        x = self.merge[1](torch.cat([self.heads[2](lq), passed], dim=1))
        pred = lq + self.tail(self.final(x, whole, decoded2))
        return {"stage1": stage1, "stage2": stage2, "pred": pred}


class ChannelAttentionBlock(nn.Module):
    """Two convolutions and channel attention, added to the input.

    Args:
        channels: Channels of input and output.
        reduction: Factor by which the attention reduces its hidden channels.
        activation: The activation between the convolutions, shared by all blocks.
    """

    def __init__(self, channels: int, reduction: int, activation: nn.Module) -> None:
        super().__init__()
        self.body = nn.Sequential(_conv(channels, channels), activation, _conv(channels, channels))
        self.attention = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            _conv(channels, channels // reduction, 1),
            nn.ReLU(),
            _conv(channels // reduction, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        features = self.body(x)
        total: torch.Tensor = x + features * self.attention(features)
        return total


class Encoder(nn.Module):
    """An encoder of two blocks per level; each level halves the size.

    Args:
        widths: Channels of each level, full size first.
        activation: See :class:`ChannelAttentionBlock`.
        reduction: See :class:`ChannelAttentionBlock`.
        fuse: Whether to add the features of the previous stage's encoder and decoder.
    """

    def __init__(
        self, widths: Sequence[int], activation: nn.Module, reduction: int, fuse: bool
    ) -> None:
        super().__init__()
        self.levels = nn.ModuleList(_blocks(width, 2, activation, reduction) for width in widths)
        self.down = nn.ModuleList(_resize(0.5, a, b) for a, b in pairwise(widths))
        self.from_encoder = nn.ModuleList(_conv(w, w, 1) for w in widths if fuse)
        self.from_decoder = nn.ModuleList(_conv(w, w, 1) for w in widths if fuse)

    def forward(
        self,
        x: torch.Tensor,
        encoded: Sequence[torch.Tensor] = (),
        decoded: Sequence[torch.Tensor] = (),
    ) -> list[torch.Tensor]:
        """Return the features of each level, full size first.

        Args:
            x: Features (N, channels, H, W).
            encoded: Features of the previous stage's encoder.
            decoded: Features of the previous stage's decoder.
        """
        features: list[torch.Tensor] = []
        for level, blocks in enumerate(self.levels):
            x = blocks(self.down[level - 1](x) if level else x)
            if encoded:
                x = x + self.from_encoder[level](encoded[level])
                x = x + self.from_decoder[level](decoded[level])
            features.append(x)
        return features


class Decoder(nn.Module):
    """A decoder of two blocks per level, which doubles the size and adds the encoder's features.

    Args:
        widths: Channels of each level, full size first.
        activation: See :class:`ChannelAttentionBlock`.
        reduction: See :class:`ChannelAttentionBlock`.
    """

    def __init__(self, widths: Sequence[int], activation: nn.Module, reduction: int) -> None:
        super().__init__()
        self.levels = nn.ModuleList(_blocks(width, 2, activation, reduction) for width in widths)
        self.up = nn.ModuleList(_resize(2, b, a) for a, b in pairwise(widths))
        self.skips = nn.ModuleList(
            ChannelAttentionBlock(width, reduction, activation) for width in widths[:-1]
        )

    def forward(self, encoded: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return the features of each level, full size first.

        Args:
            encoded: The encoder's features of each level, full size first.
        """
        x = self.levels[-1](encoded[-1])
        features = [x]
        for level in reversed(range(len(self.up))):
            x = self.up[level](x) + self.skips[level](encoded[level])
            x = self.levels[level](x)
            features.insert(0, x)
        return features


class SupervisedAttention(nn.Module):
    """Computes a stage's restored image, and weights the stage's features by it.

    Args:
        channels: Channels of the features.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.features = _conv(channels, channels, 1)
        self.image = _conv(channels, 3, 1)
        self.gate = _conv(3, channels, 1)

    def forward(self, x: torch.Tensor, lq: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return features for the next stage and the restored image.

        Args:
            x: Features (N, channels, H, W).
            lq: The image that the stage restores, (N, 3, H, W).
        """
        image = self.image(x) + lq
        return self.features(x) * torch.sigmoid(self.gate(image)) + x, image


class FullSizeStage(nn.Module):
    """Groups of channel attention blocks, to which features of the second stage are added.

    Args:
        widths: Channels of each level of the second stage, full size first.
        channels: Channels of input and output.
        num_blocks: Number of blocks in a group.
        activation: See :class:`ChannelAttentionBlock`.
        reduction: See :class:`ChannelAttentionBlock`.
    """

    def __init__(
        self,
        widths: Sequence[int],
        channels: int,
        num_blocks: int,
        activation: nn.Module,
        reduction: int,
    ) -> None:
        super().__init__()
        self.groups = nn.ModuleList(
            nn.Sequential(
                _blocks(channels, num_blocks, activation, reduction), _conv(channels, channels)
            )
            for _ in widths
        )
        self.from_encoder = nn.ModuleList(_to_full_size(widths, level) for level in range(3))
        self.from_decoder = nn.ModuleList(_to_full_size(widths, level) for level in range(3))
        self.merge_encoder = nn.ModuleList(_conv(widths[0], channels, 1) for _ in widths)
        self.merge_decoder = nn.ModuleList(_conv(widths[0], channels, 1) for _ in widths)

    def forward(
        self, x: torch.Tensor, encoded: Sequence[torch.Tensor], decoded: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W).

        Args:
            x: Features.
            encoded: Features of the second stage's encoder, full size first.
            decoded: Features of its decoder.
        """
        for level, group in enumerate(self.groups):
            x = x + group(x)
            x = x + self.merge_encoder[level](self.from_encoder[level](encoded[level]))
            x = x + self.merge_decoder[level](self.from_decoder[level](decoded[level]))
        return x


def _conv(in_channels: int, out_channels: int, kernel_size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(in_channels, out_channels, kernel_size, padding=kernel_size // 2, bias=False)


def _blocks(channels: int, count: int, activation: nn.Module, reduction: int) -> nn.Sequential:
    return nn.Sequential(
        *(ChannelAttentionBlock(channels, reduction, activation) for _ in range(count))
    )


def _resize(factor: float, in_channels: int, out_channels: int) -> nn.Sequential:
    """Return layers that resize features bilinearly and change their channels."""
    return nn.Sequential(
        nn.Upsample(scale_factor=factor, mode="bilinear", align_corners=False),
        _conv(in_channels, out_channels, 1),
    )


def _to_full_size(widths: Sequence[int], level: int) -> nn.Sequential:
    """Return layers that take a level's features to the size and channels of the first level."""
    steps = [_resize(2, widths[i], widths[i - 1]) for i in range(level, 0, -1)]
    return nn.Sequential(*steps)


def _joined(parts: Iterable[Sequence[torch.Tensor]], dim: int) -> list[torch.Tensor]:
    """Concatenate the features of each level of several parts of an image."""
    return [torch.cat(level, dim=dim) for level in zip(*parts, strict=True)]
