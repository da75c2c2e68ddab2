"""PReNet, the progressive recurrent network, and its variants (CVPR 2019)."""

from __future__ import annotations

import torch
from torch import nn

from restorekit.registry import MODELS

from .blocks.parts import PartConfig, build_part
from .blocks.recurrent import State
from .blocks.residual import ResidualBlock
from .checks import require_int
from .sizing import SizeRequirements


@MODELS.register_module()
class PReNet(nn.Module):
    """A shallow residual network run several times on the input and its own previous output.

    In each stage the rainy image and the output of the previous stage are concatenated. One
    convolution, a recurrent unit whose state is passed to the next stage, residual blocks
    and a last convolution give a residual, which is *added* to the rainy image.

    Ren et al., "Progressive Image Deraining Networks: A Better and Simpler Baseline", CVPR
    2019, with the data flow of the released code. That code's networks are built as follows:

    ============  ==========  ======================================================
    released      parameters  here
    ============  ==========  ======================================================
    PReNet        168,963     the defaults
    PReNet_r      94,979      ``recursive_blocks=True``
    PRN           95,107      ``recurrent_unit=None``
    PRN_r         21,123      ``recurrent_unit=None, recursive_blocks=True``
    PReNet_LSTM   168,963     ``residual=False``
    PReNet_GRU    150,499     ``recurrent_unit='PlainConvGRU', residual=False``
    PReNet_x      168,099     ``concat_input=False, residual=False``
    ============  ==========  ======================================================

    Args:
        channels: Channels of all features.
        num_stages: Stages, all with the same weights.
        num_blocks: Residual blocks in a stage.
        recurrent_unit: ``PlainConvLSTM``, ``PlainConvGRU``, or the config or name of
            another registered :class:`~restorekit.archs.blocks.recurrent.RecurrentUnit`;
            ``None`` for PRN.
        recursive_blocks: All residual blocks share their weights.
        concat_input: Each stage sees the rainy image as well as the previous stage's output.
        residual: A stage predicts what to add to the rainy image; otherwise it predicts the
            derained image itself.

    Raises:
        ConfigError: If a value is out of range or a name is not registered.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = PReNet(), torch.empty(2, 3, 128, 128)
        >>> network(lq)[-1].shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 168963)
    """

    size_requirements = SizeRequirements()

    def __init__(
        self,
        channels: int = 32,
        num_stages: int = 6,
        num_blocks: int = 5,
        recurrent_unit: PartConfig | None = "PlainConvLSTM",
        recursive_blocks: bool = False,
        concat_input: bool = True,
        residual: bool = True,
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_stages", num_stages, 1)
        require_int(self, "num_blocks", num_blocks, 1)
        self.num_stages = num_stages
        self.concat_input = concat_input
        self.residual = residual
        self.head = nn.Sequential(
            nn.Conv2d(6 if concat_input else 3, channels, 3, padding=1), nn.ReLU()
        )
        self.recurrent_unit = (
            build_part(
                "recurrent_unit",
                recurrent_unit,
                in_channels=channels,
                hidden_channels=channels,
                first_step=num_stages == 1,
            )
            if recurrent_unit is not None
            else None
        )
        self.num_blocks = num_blocks
        self.blocks = nn.ModuleList(
            ResidualBlock(channels, final_relu=True)
            for _ in range(1 if recursive_blocks else num_blocks)
        )
        self.tail = nn.Conv2d(channels, 3, 3, padding=1)

    def forward(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1].

        Returns:
            The derained images of each stage, of the same shape, not clamped.
        """
        outputs: list[torch.Tensor] = []
        state: State | None = None
        previous = lq
        for _ in range(self.num_stages):
            x = torch.cat([lq, previous], dim=1) if self.concat_input else previous
            x = self.head(x)
            if self.recurrent_unit is not None:
                # The first step has no state.
                arguments = (x,) if state is None else (x, state)
                x, state = self.recurrent_unit(*arguments)
            for index in range(self.num_blocks):
                x = self.blocks[index % len(self.blocks)](x)
            result = self.tail(x)
            previous = lq + result if self.residual else result
            outputs.append(previous)
        return tuple(outputs)
