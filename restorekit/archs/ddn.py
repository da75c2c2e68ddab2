"""DDN, the deep detail network (CVPR 2017), which SSIR (CVPR 2019) trains differently."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.registry import MODELS

from .blocks.parts import PartConfig, build_part
from .checks import require_int
from .sizing import SizeRequirements


@MODELS.register_module()
class DDN(nn.Module):
    """A residual network that sees only the detail layer of the image.

    A guided filter gives the base layer; the image minus that is the detail layer. It goes
    through one convolution, 12 residual blocks of two convolutions and a last convolution,
    each with batch normalisation: 26 layers. The result, the negative of the rain, is
    *added* to the image itself.

    Fu et al., "Removing Rain from Single Images via a Deep Detail Network", CVPR 2017, and
    Wei et al., "Semi-supervised Transfer Learning for Image Rain Removal" (SSIR), CVPR 2019,
    whose network is the same; 57,369 parameters. Departures:

    * The released TensorFlow code normalises by the moments of the test image itself, and
      so do the published numbers of DDN and SSIR from that code:
      ``norm=dict(type='BatchNorm', image_moments=True)``. The default is running averages,
      as in the MATLAB release, so that an image restored in overlapping tiles is the same
      as one restored whole.
    * The convolutions keep their biases so that the authors' checkpoints load, although the
      normalisation that follows cancels them: their gradients are zero up to rounding.

    Weights start as in the released code: Xavier uniform, biases zero.

    Args:
        channels: Channels of all features.
        num_blocks: Residual blocks.
        block: Config or name of the block, built with ``channels`` and ``norm``, that keeps
            the shape of its input. ``PreActivationBlock`` is the MATLAB release's.
        norm: Config or name of the normalisation, built with ``channels``; see
            :class:`~restorekit.archs.blocks.batch_norm.BatchNorm`.
        base_layer: Config or name of the filter that gives the base layer; see
            :class:`~restorekit.archs.blocks.guided_filter.GuidedFilter`.

    Raises:
        ConfigError: If a value is out of range or a name is not registered.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = DDN(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 57369)
    """

    #: A single pixel has no variance to normalise by.
    size_requirements = SizeRequirements(minimum=2)

    def __init__(
        self,
        channels: int = 16,
        num_blocks: int = 12,
        block: PartConfig = "ResidualBlock",
        norm: PartConfig = "BatchNorm",
        base_layer: PartConfig = "GuidedFilter",
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_blocks", num_blocks, 0)
        self.base_layer = build_part("base_layer", base_layer)

        def make_norm(channels: int) -> nn.Module:
            return build_part("norm", norm, channels=channels)

        self.head = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1), make_norm(channels), nn.ReLU()
        )
        self.blocks = nn.Sequential(
            *(
                build_part("block", block, channels=channels, norm=make_norm)
                for _ in range(num_blocks)
            )
        )
        self.tail = nn.Sequential(nn.Conv2d(channels, 3, 3, padding=1), make_norm(3))
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1].

        Returns:
            The derained images, of the same shape, not clamped.
        """
        detail = lq - self.base_layer(lq)
        negative_rain: torch.Tensor = self.tail(self.blocks(self.head(detail)))
        return lq + negative_rain
