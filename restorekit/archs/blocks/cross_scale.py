"""DCSFN's cross-scale fusion: a recurrence over scales instead of time."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from restorekit.archs.checks import require_choice
from restorekit.registry import MODELS

from .layers import Fusion, resize_like
from .parts import PartConfig, build_part
from .recurrent import State


class CrossScalePass(nn.Module):
    """Visit three scales in turn, each with its own recurrent unit.

    The second unit starts from the first one's state, resized; the third from a fusion of
    both states before it, resized.

    Args:
        channels: Channels of all features.
        recurrent_unit: Config or name of the unit.
        chained_state_resize: See :class:`CrossScaleFusion`.
    """

    def __init__(
        self, channels: int, recurrent_unit: PartConfig, chained_state_resize: bool
    ) -> None:
        super().__init__()
        self.chained_state_resize = chained_state_resize
        self.units = nn.ModuleList(
            build_part(
                "recurrent_unit",
                recurrent_unit,
                in_channels=channels,
                hidden_channels=channels,
                first_step=step == 0,
            )
            for step in range(3)
        )
        # One fusion for each tensor of the state.
        self.fusions = nn.ModuleList(
            Fusion(2 * channels, channels) for _ in range(getattr(self.units[0], "num_states", 1))
        )

    def forward(self, features: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Return each unit's output, for three ``features`` given in the order to visit."""
        first, second, third = features
        first_output, first_state = self.units[0](first)
        resized_first_state = _resize(first_state, second)
        second_output, second_state = self.units[1](second, resized_first_state)
        if self.chained_state_resize:
            first_state = resized_first_state
        states = zip(_resize(first_state, third), _resize(second_state, third), strict=True)
        fused_state = tuple(fusion(pair) for fusion, pair in zip(self.fusions, states, strict=True))
        third_output, _ = self.units[2](third, fused_state)
        return [first_output, second_output, third_output]


@MODELS.register_module()
class CrossScaleFusion(nn.Module):
    """Two recurrent passes over three scales: coarse to fine, then fine to coarse.

    DCSFN (ACM MM 2020), section 3.1 and figure 1. The paper shows the connections; the rest
    follows the released code. States are resized by nearest neighbour, up and down.

    Args:
        channels: Channels of all features.
        recurrent_unit: Config or name of the unit, which is built with ``in_channels``,
            ``hidden_channels`` and ``first_step``; see
            :class:`~restorekit.archs.blocks.recurrent.RecurrentUnit`.
        chained_state_resize: Resize the first scale's state to the third through the
            second instead of directly. The released code does this for the LSTM only, by
            overwriting a list that it still needs. It makes a difference for images with a
            side of 4k+2 or 4k+3 pixels. Set it for checkpoints trained that way.
    """

    def __init__(
        self,
        channels: int,
        recurrent_unit: PartConfig = "ConvGRU",
        chained_state_resize: bool = False,
    ) -> None:
        super().__init__()
        require_choice(self, "chained_state_resize", chained_state_resize, (True, False))
        self.coarse_to_fine = CrossScalePass(channels, recurrent_unit, chained_state_resize)
        self.fine_to_coarse = CrossScalePass(channels, recurrent_unit, chained_state_resize)

    def forward(self, features: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Exchange information between scales.

        Args:
            features: Three tensors (N, channels, H, W) at the scales 1, 1/2 and 1/4.

        Returns:
            Three tensors of the same shapes.
        """
        from_coarse = self.coarse_to_fine(features[::-1])
        fused: list[torch.Tensor] = self.fine_to_coarse(from_coarse[::-1])
        return fused


def _resize(state: State, like: torch.Tensor) -> State:
    return tuple(resize_like(tensor, like) for tensor in state)
