"""REHEN, the recurrent hierarchy enhancement network (ACM MM 2019)."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from restorekit.registry import MODELS

from .blocks.parts import PartConfig, build_part
from .blocks.recurrent import State
from .blocks.residual import ResidualBlock
from .blocks.squeeze_excitation import SqueezeExcitation
from .checks import require_int
from .stage_recurrence import StageRecurrence, rain_head

#: The released code's normalisation: its decay of 0.9997 is this momentum.
_NORM: MappingProxyType[str, Any] = MappingProxyType(
    {"type": "BatchNorm", "eps": 1e-3, "momentum": 3e-4}
)


class HierarchyEnhancementUnit(nn.Module):
    """REHEN's HEU: fuse the input and the results of two residual blocks, then add the input.

    Args:
        channels: Channels of input and output.
        se_channels: Inner channels of the squeeze-and-excitation.
        norm: Builds a normalisation for a given number of channels.
    """

    def __init__(self, channels: int, se_channels: int, norm: Callable[[int], nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(ResidualBlock(channels, norm) for _ in range(2))
        self.fusion = nn.Sequential(
            nn.Conv2d(3 * channels, channels, 3, padding=1),
            norm(channels),
            SqueezeExcitation(channels, se_channels),
            nn.ReLU(),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return features of the shape of ``x`` (N, channels, H, W)."""
        first = self.blocks[0](x)
        second = self.blocks[1](first)
        fused: torch.Tensor = self.fusion(torch.cat([x, first, second], dim=1))
        return fused + x


class RecurrentHierarchyBlock(nn.Module):
    """REHEN's ReHEB: a hierarchy enhancement unit, then a recurrent unit (its REU).

    Args:
        enhancement: The hierarchy enhancement unit; ``None`` in the first block, which
            reads the image.
        unit: The recurrent unit.
    """

    def __init__(self, enhancement: nn.Module | None, unit: nn.Module) -> None:
        super().__init__()
        self.enhancement = enhancement
        self.unit = unit

    def forward(self, x: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """Take one step; see :class:`~restorekit.archs.blocks.recurrent.RecurrentUnit`."""
        if self.enhancement is not None:
            x = self.enhancement(x)
        output, new_state = self.unit(x, state) if state is not None else self.unit(x)
        return output, new_state


@MODELS.register_module()
class REHEN(StageRecurrence):
    """Recurrent blocks that see their input at several depths, run stage by stage.

    Each block is a hierarchy enhancement unit (two residual blocks, fused) and a
    convolutional GRU with squeeze-and-excitation, whose state is passed to the next stage;
    the first block has only the GRU. A head of two 3×3 convolutions gives the rain, which
    is subtracted.

    Yang and Lu, "Single Image Deraining via Recurrent Hierarchy Enhancement Network", ACM
    MM 2019, with the data flow of the released code (named ReHEN there; 298,263 parameters).
    Departures:

    * The released code works on BGR images; here they are RGB.
    * TensorFlow corrects its running averages for their initial value. PyTorch does not, so
      here they take a few thousand iterations to settle. PyTorch averages the unbiased
      variance and TensorFlow the biased one, which differ by one part in 10^5 with the
      recipe's batches.

    Testing uses the running averages, as the released code does for its published numbers;
    ``norm`` can have ``image_moments=True`` instead. The convolutions keep their biases so
    that the authors' checkpoints load, although the normalisation that follows cancels them:
    their gradients are zero up to rounding.

    Weights start as in the released code: Xavier uniform, biases zero.

    Args:
        channels: Channels of all features.
        num_stages: Stages, all with the same weights.
        num_blocks: Blocks in a stage.
        recurrent_unit: Config or name of the recurrent unit.
        se_channels: Inner channels of the squeeze-and-excitations.
        norm: Config or name of the normalisation, built with ``channels``.

    Raises:
        ConfigError: If a value is out of range or a name is not registered.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = REHEN(), torch.empty(2, 3, 128, 128)
        >>> network(lq)[-1].shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 298263)
    """

    def __init__(
        self,
        channels: int = 24,
        num_stages: int = 4,
        num_blocks: int = 5,
        recurrent_unit: PartConfig = "ConvGRU",
        se_channels: int = 6,
        norm: PartConfig = _NORM,
    ) -> None:
        # Checked first, as the parts are built before super().__init__.
        require_int(self, "channels", channels, 1)
        require_int(self, "num_blocks", num_blocks, 1)
        require_int(self, "se_channels", se_channels, 1)

        def make_norm(channels: int) -> nn.Module:
            return build_part("norm", norm, channels=channels)

        def block(index: int) -> RecurrentHierarchyBlock:
            unit = build_part(
                "recurrent_unit",
                recurrent_unit,
                in_channels=channels if index else 3,
                hidden_channels=channels,
                first_step=num_stages == 1,
                se_channels=se_channels,
            )
            enhancement = (
                HierarchyEnhancementUnit(channels, se_channels, make_norm) if index else None
            )
            return RecurrentHierarchyBlock(enhancement, unit)

        head = rain_head(channels, se_channels, kernel_size=3)
        super().__init__((block(index) for index in range(num_blocks)), head, num_stages)
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)) and module.bias is not None:
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)
