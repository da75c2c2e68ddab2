"""DCSFN, the deep cross-scale fusion network (ACM MM 2020)."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.registry import MODELS

from .blocks.cross_scale import CrossScaleFusion
from .blocks.dense_stack import DenseStack
from .blocks.layers import conv_lrelu, max_pyramid, resize_like
from .blocks.parts import PartConfig
from .checks import require_choice, require_int
from .sizing import SizeRequirements


@MODELS.register_module()
class DCSFN(nn.Module):
    """Three densely connected encoder-decoders at scales 1, 1/2 and 1/4, fused recurrently.

    A 3×3 convolution extracts features, which are max-pooled to three scales (figure 1). Each
    scale has an encoder and a decoder of L blocks with dense connections; between them two
    recurrent passes, coarse to fine and fine to coarse, exchange information across scales.
    The decoders' outputs, resized to full size, are merged into the rain R, which is
    subtracted from the input O (equation 1). There is no normalisation, and every LeakyReLU
    has a slope of 0.2.

    Wang et al., "DCSFN: Deep Cross-scale Fusion Network for Single Image Rain Removal",
    ACM MM 2020, section 3. The defaults are the paper's setting (section 4.2: 32 channels,
    L = 16, K = 3, n = 4; 12,552,375 parameters) with the data flow of the released code, whose
    own setting is ``channels=20, num_scales=4`` (6,422,547 parameters). Departures:

    * The paper adds the encoder's feature to a decoder unit's output (equation 3), the
      released code to its input: ``skip='after'`` and ``skip='before'``.
    * The paper fuses dense features before each unit (equation 2), the released code after
      it: ``dense_fusion='before'`` and ``'after'``. With ``skip='after'`` and
      ``dense_fusion='before'`` the network is that of the paper's equations (12,454,071
      parameters).
    * The released code builds convolutions that it never uses (30,600 of its 6,453,147
      parameters with the GRU); they are left out, so that every parameter has a gradient.
    * The released code works on BGR images; here they are RGB, and converted checkpoints
      have the channels of their first and last convolutions reversed.
    * With the LSTM the released code resizes a state twice; see ``chained_state_resize``.

    Args:
        channels: C, channels of all features.
        num_units: L, blocks in each encoder and each decoder.
        num_scales: K, scales in each block, from 1 to 4 (table 5).
        num_convs: n, convolutions at each of those scales.
        block: Config or name of another block, built with ``channels``, that keeps the
            shape of its input. It replaces
            :class:`~restorekit.archs.blocks.inner_scale.InnerScaleBlock`, whose arguments
            ``num_scales``, ``num_convs`` and ``inner_connection`` are then unused.
        recurrent_unit: ``ConvRNN``, ``ConvGRU`` or ``ConvLSTM`` (table 6), or the config or
            name of another registered
            :class:`~restorekit.archs.blocks.recurrent.RecurrentUnit`.
        skip: Encoder features enter the decoder ``before`` its units, ``after`` them, or
            not at all: ``none`` (table 3, M1).
        dense_connection: Without it each unit reads only the previous one (table 3, M2).
        inner_connection: Without it the scales of a block do not feed each other (table 4).
        num_subnetworks: 3, or 1 for a single encoder-decoder without recurrent units
            (table 3, M3).
        chained_state_resize: For checkpoints of the released LSTM; see
            :class:`~restorekit.archs.blocks.cross_scale.CrossScaleFusion`.
        dense_fusion: All features so far are fused ``after`` each unit or ``before`` it; see
            :class:`~restorekit.archs.blocks.dense_stack.DenseStack`.

    Raises:
        ConfigError: If a value is out of range or a name is not registered.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = DCSFN(), torch.empty(2, 3, 128, 128)
        >>> network(lq).shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 12552375)
    """

    def __init__(
        self,
        channels: int = 32,
        num_units: int = 16,
        num_scales: int = 3,
        num_convs: int = 4,
        block: PartConfig | None = None,
        recurrent_unit: PartConfig = "ConvGRU",
        skip: str = "before",
        dense_connection: bool = True,
        inner_connection: bool = True,
        num_subnetworks: int = 3,
        chained_state_resize: bool = False,
        dense_fusion: str = "after",
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_choice(self, "num_subnetworks", num_subnetworks, (1, 3))
        if block is None:
            block = {
                "type": "InnerScaleBlock",
                "num_scales": num_scales,
                "num_convs": num_convs,
                "connection": inner_connection,
            }

        def stacks(skip: str) -> nn.ModuleList:
            return nn.ModuleList(
                DenseStack(channels, num_units, block, dense_connection, skip, dense_fusion)
                for _ in range(num_subnetworks)
            )

        self.channels = channels
        self.head = conv_lrelu(3, channels, 3)
        self.encoders = stacks(skip="none")
        self.decoders = stacks(skip)
        self.fusion = (
            CrossScaleFusion(channels, recurrent_unit, chained_state_resize)
            if num_subnetworks == 3
            else None
        )
        self.tail = nn.Sequential(
            *conv_lrelu(num_subnetworks * channels, 3, 1), nn.Conv2d(3, 3, 3, padding=1)
        )
        # The coarsest scale of the coarsest sub-network's blocks keeps at least one pixel.
        coarsest = 2 ** (num_subnetworks - 1)
        self.size_requirements = SizeRequirements(
            minimum=coarsest * self.encoders[0].size_requirements.minimum
        )

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images O, float RGB (N, 3, H, W) in [0, 1]; for the sizes see
                ``size_requirements``.

        Returns:
            The derained images B = O - R (equation 1), of the same shape, not clamped.
        """
        scales = max_pyramid(self.head(lq), len(self.encoders))
        # Equation 2: each encoder gives its output and the features F_1, …, F_L of its units.
        encoded = [encoder(x) for encoder, x in zip(self.encoders, scales, strict=True)]
        fused = [output for output, _ in encoded]
        if self.fusion is not None:
            fused = self.fusion(fused)  # section 3.1
        # Equation 3: the encoder's features enter the decoder of the same scale.
        decoded = [
            decoder(x, features)[0]
            for decoder, x, (_, features) in zip(self.decoders, fused, encoded, strict=True)
        ]
        rain: torch.Tensor = self.tail(torch.cat([resize_like(x, lq) for x in decoded], dim=1))
        return lq - rain  # equation 1
