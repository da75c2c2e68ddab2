"""DCSFN, the deep cross-scale fusion network (ACM MM 2020)."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.memory import keep_freed_memory
from restorekit.registry import MODELS

from .blocks.cross_scale import CrossScaleFusion
from .blocks.dense_stack import DenseStack
from .blocks.layers import conv_lrelu, fuse, max_pyramid
from .blocks.parts import PartConfig
from .checks import require_choice, require_int
from .sizing import pad_to_fit


@MODELS.register_module()
class DCSFN(nn.Module):
    """Three densely connected encoder-decoders at scales 1, 1/2 and 1/4, fused recurrently.

    One convolution 3×3 makes features, which are max-pooled to three scales. Each scale has
    an encoder and a decoder of L blocks with dense connections; between them two recurrent
    passes, coarse to fine and fine to coarse, exchange information across scales. The
    decoders' outputs at full size are merged into the rain, which is subtracted from the
    input. No normalisation; LeakyReLU of slope 0.2; the output is not clamped.

    Wang et al., "DCSFN: Deep Cross-scale Fusion Network for Single Image Rain Removal",
    ACM MM 2020. The defaults are the paper's setting (section 4.2: C = 32, L = 16, K = 3,
    n = 4; 12,552,375 parameters) with the data flow of the released code, whose own
    setting is ``channels=20, num_scales=4`` (6,422,547 parameters). Departures:

    * The paper adds the encoder's feature to a decoder unit's output (equation 3), the
      released code to its input: ``skip='after'`` and ``skip='before'``.
    * The paper fuses before each unit, the released code after it: see
      :class:`~restorekit.archs.blocks.dense_stack.DenseStack`. We follow the code.
    * The released code builds convolutions that never take part (30,600 of its 6,453,147
      parameters with the GRU); they are left out, so that every parameter has a gradient.
    * The released code works on BGR images; here they are RGB, and converted checkpoints
      have their first and last convolutions turned round.
    * With the LSTM the released code resizes a state twice; see ``chained_state_resize``.

    It is computed in another order, with the same numbers to rounding: convolutions 1×1 before
    maps are brought up and without concatenating them
    (:func:`~restorekit.archs.blocks.layers.fuse`), dense connections in training as
    :class:`~restorekit.archs.blocks.dense_fusion.DenseFusion` has it, and on a CPU all of it in
    the channels-last layout.

    Args:
        channels: C, channels of all features.
        num_units: L, blocks in each encoder and each decoder.
        num_scales: K, scales in each block, from 1 to 4 (table 5).
        num_convs: n, convolutions at each of those scales.
        block: Config or name of another block, built with ``channels``, that keeps the
            shape of its input. It takes the place of
            :class:`~restorekit.archs.blocks.inner_scale.InnerScaleBlock` and of
            ``num_scales``, ``num_convs`` and ``inner_connection``, which are that one's.
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

    Raises:
        ConfigError: If a value is out of its range or a name is not registered.
    """

    #: Smallest side that is not padded: the coarsest scale of the coarsest sub-network's
    #: blocks keeps one pixel, so 2^(K-1) for one sub-network and 4·2^(K-1) for three.
    min_size: int = 16
    size_multiple: int = 1

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
                DenseStack(channels, num_units, block, dense_connection, skip)
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
        self.min_size = 2 ** (num_subnetworks - 1) * self.encoders[0].min_size

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1], of any size; a side below
                ``min_size`` is padded by reflection and the result cropped.

        Returns:
            The derained images, of the same shape, not clamped.
        """
        # In training four features are concatenated (DenseFusion).
        widest = self.channels * (4 if torch.is_grad_enabled() else 1)
        with keep_freed_memory(lq, widest):
            padded, (height, width) = pad_to_fit(lq, self.min_size)
            return lq - self._rain(padded)[..., :height, :width]

    def _rain(self, lq: torch.Tensor) -> torch.Tensor:
        if lq.is_cpu:
            # oneDNN's convolutions of few channels are several times faster in this layout.
            lq = lq.contiguous(memory_format=torch.channels_last)
        pyramid = max_pyramid(self.head(lq), len(self.encoders))
        encoded = [encoder(x) for encoder, x in zip(self.encoders, pyramid, strict=True)]
        fused = [output for output, _ in encoded]
        if self.fusion is not None:
            fused = self.fusion(fused)
        decoded = [
            decoder(x, features)[0]
            for decoder, x, (_, features) in zip(self.decoders, fused, encoded, strict=True)
        ]
        rain: torch.Tensor = self.tail[2](fuse(self.tail[:2], decoded, lq))
        return rain
