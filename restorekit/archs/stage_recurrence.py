"""The recurrence over stages that RESCAN and REHEN share."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from .blocks.layers import NEGATIVE_SLOPE
from .blocks.squeeze_excitation import SqueezeExcitation
from .checks import require_int
from .sizing import SizeRequirements


class StageRecurrence(nn.Module):
    """Run the same layers several times, each time on an image with less rain.

    In each stage the image goes through the units one after the other and through the head,
    which gives the rain. The next stage sees the input minus that rain, and each unit gets
    the state that it returned in the previous stage.

    Args:
        units: Modules called as ``unit(x)`` in the first stage and as ``unit(x, state)`` in
            later ones; they return their output and their new state.
        head: From the last unit's output to the rain (N, 3, H, W).
        num_stages: Number of stages.
        additive: A stage's rain is added to that of the previous stage, without a gradient
            to it; otherwise each stage predicts all the rain.

    Raises:
        ConfigError: If ``num_stages`` is out of range.
    """

    size_requirements = SizeRequirements()

    def __init__(
        self, units: Iterable[nn.Module], head: nn.Module, num_stages: int, additive: bool = False
    ) -> None:
        super().__init__()
        require_int(self, "num_stages", num_stages, 1)
        self.units = nn.ModuleList(units)
        self.head = head
        self.num_stages = num_stages
        self.additive = additive

    def forward(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1].

        Returns:
            The derained images of each stage, of the same shape, not clamped.
        """
        outputs: list[torch.Tensor] = []
        states: list[tuple[object, ...]] = [()] * len(self.units)
        rain = None
        for _ in range(self.num_stages):
            x = outputs[-1] if outputs else lq
            for index, unit in enumerate(self.units):
                x, state = unit(x, states[index]) if outputs else unit(x)
                states[index] = state
            stage_rain = self.head(x)
            rain = stage_rain + rain.detach() if self.additive and rain is not None else stage_rain
            outputs.append(lq - rain)
        return tuple(outputs)


def rain_head(channels: int, se_channels: int, kernel_size: int) -> nn.Sequential:
    """Return the layers from features to rain.

    Args:
        channels: Channels of the features.
        se_channels: Inner channels of the squeeze-and-excitation; 0 for none.
        kernel_size: Side of the last convolution's kernel; the first one's is 3.
    """
    attention = [SqueezeExcitation(channels, se_channels)] if se_channels else []
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1),
        *attention,
        nn.LeakyReLU(NEGATIVE_SLOPE),
        nn.Conv2d(channels, 3, kernel_size, padding=kernel_size // 2),
    )
