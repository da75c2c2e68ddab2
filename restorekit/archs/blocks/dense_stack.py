"""DCSFN's encoder and decoder: blocks in a row with dense connections and skips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import torch
from torch import nn

from restorekit.archs.checks import require_choice, require_int
from restorekit.registry import MODELS

from .dense_fusion import DenseFusion
from .layers import conv_lrelu, fuse
from .parts import PartConfig, build_part

SKIP_MODES = ("before", "after", "none")


@MODELS.register_module()
class DenseStack(nn.Module):
    """Blocks in a row; after each, everything so far is fused by a 1×1 convolution.

    DCSFN (ACM MM 2020), section 3.2, equations 2 and 3, with the data flow of the released
    code: the fusion (1×1, LeakyReLU) of the stack's input and all units' outputs *follows*
    each unit, and the last fusion is the stack's output. By the equations it would precede
    each unit, and the last unit's output would leave the stack.

    Args:
        channels: Channels of input and output.
        num_units: L, number of blocks.
        block: Config or name of the block, which is built with ``channels`` and keeps the
            shape of its input. Its ``min_size``, if it has one, is the smallest side.
        dense_connection: Without it (the paper's "w/o dense connection", table 3) each
            unit reads the previous unit's output alone, and there are no 1×1 convolutions.
        skip: Where the encoder's features enter a decoder: ``before`` the unit, added to
            its input (the released code), ``after`` it, added to its output (the paper's
            equation 3), or nowhere (``none``). Unit i takes the i-th unit's output of the
            encoder; the order is not mirrored.

    Raises:
        ConfigError: If a value is out of its range.
    """

    def __init__(
        self,
        channels: int,
        num_units: int,
        block: PartConfig = "InnerScaleBlock",
        dense_connection: bool = True,
        skip: str = "none",
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_units", num_units, 1)
        require_choice(self, "skip", skip, SKIP_MODES)
        require_choice(self, "dense_connection", dense_connection, (True, False))
        self.skip = skip
        self.units = nn.ModuleList(
            build_part("block", block, channels=channels) for _ in range(num_units)
        )
        self.fusions = nn.ModuleList(
            conv_lrelu((i + 2) * channels, channels, 1)
            for i in range(num_units)
            if dense_connection
        )
        #: Smallest side that the blocks take.
        self.min_size: int = getattr(self.units[0], "min_size", 1)

    def forward(
        self, x: torch.Tensor, features: Sequence[torch.Tensor] = ()
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Run all units.

        Args:
            x: Features (N, channels, H, W).
            features: An encoder's unit outputs; needed unless ``skip`` is ``none``.

        Returns:
            The stack's output and the outputs of its units, all of the shape of ``x``.
        """
        outputs: list[torch.Tensor] = []
        dense = self._dense_fusion(x)
        running = x
        for index, unit in enumerate(self.units):
            if self.skip == "before":
                running = running + features[index]
            output = unit(running)
            if self.skip == "after":
                output = output + features[index]
            outputs.append(output)
            if dense is not None:
                running = dense(output)
            elif self.fusions:
                running = fuse(self.fusions[index], [x, *outputs], x)
            else:
                running = output
        return running, outputs

    def _dense_fusion(self, x: torch.Tensor) -> DenseFusion | None:
        """Return what fuses in training; not where somebody records the operations."""
        trained = any(parameter.requires_grad for parameter in self.fusions.parameters())
        if trained and torch.is_grad_enabled() and not torch.compiler.is_compiling():
            return DenseFusion(x, [cast(nn.Sequential, fusion) for fusion in self.fusions])
        return None
