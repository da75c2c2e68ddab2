"""Stage by stage: the recurrence that RESCAN and REHEN have in common."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import nn

from restorekit.memory import keep_freed_memory

from .blocks.layers import NEGATIVE_SLOPE
from .blocks.squeeze_excitation import SqueezeExcitation
from .blocks.untracked import channels_last
from .checks import require_int


class StageRecurrence(nn.Module):
    """The same layers several times, each time on an image with less rain.

    In each stage the image goes through the units one after the other and through the head,
    which gives the rain. The next stage sees the input less that rain, and each unit the
    state that it left in the stage before.

    Args:
        units: Modules called as ``unit(x)`` in the first stage and ``unit(x, state)``
            later, which return their output and their new state.
        head: From the last unit's output to the rain (N, 3, H, W).
        num_stages: Number of stages.
        additive: A stage's rain is added to that of the stage before, which receives no
            gradient through this; otherwise each stage predicts all the rain.

    Raises:
        ConfigError: If ``num_stages`` is out of its range.
    """

    min_size: int = 1
    size_multiple: int = 1

    def __init__(
        self, units: Iterable[nn.Module], head: nn.Module, num_stages: int, additive: bool = False
    ) -> None:
        super().__init__()
        require_int(self, "num_stages", num_stages, 1)
        self.units = nn.ModuleList(units)
        self.head = head
        self.num_stages = num_stages
        self.additive = additive
        convs = (module for module in self.modules() if isinstance(module, nn.Conv2d))
        #: What convolutions read at most, concatenations too.
        self._widest = max((conv.in_channels for conv in convs), default=3)

    def forward(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Derain images.

        Args:
            lq: Rainy images, float RGB (N, 3, H, W) in [0, 1], of any size.

        Returns:
            The derained images of each stage, of the same shape, not clamped.
        """
        with keep_freed_memory(lq, self._widest):
            return self._stages(lq)

    def _stages(self, lq: torch.Tensor) -> tuple[torch.Tensor, ...]:
        outputs: list[torch.Tensor] = []
        states: list[tuple[object, ...]] = [()] * len(self.units)
        rain = None
        for _ in range(self.num_stages):
            x = channels_last(outputs[-1] if outputs else lq, self)
            for index, unit in enumerate(self.units):
                x, state = unit(x, states[index]) if outputs else unit(x)
                states[index] = state
            stage_rain = self.head(x)
            rain = stage_rain + rain.detach() if self.additive and rain is not None else stage_rain
            outputs.append(lq - rain.contiguous())
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
        # In place is safe: no layer before it needs its output to be differentiated.
        nn.LeakyReLU(NEGATIVE_SLOPE, inplace=True),
        nn.Conv2d(channels, 3, kernel_size, padding=kernel_size // 2),
    )
