"""DCSFN's encoder and decoder: a chain of blocks with dense connections and skips."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from restorekit.archs.checks import require_choice, require_int
from restorekit.archs.sizing import size_requirements_of
from restorekit.registry import MODELS

from .layers import Fusion
from .parts import PartConfig, build_part

SKIP_MODES = ("before", "after", "none")
FUSION_MODES = ("before", "after")


@MODELS.register_module()
class DenseStack(nn.Module):
    """A chain of blocks between which a 1×1 convolution fuses all features so far.

    DCSFN (ACM MM 2020), section 3.2, figure 2 and equations 2 and 3. In the released code, the
    default here, the fusion F(C[·]) of the stack's input and all units' outputs *follows* each
    unit T, and the last fusion is the stack's output. In the equations the fusion *precedes* each
    unit, and the last unit's output is the stack's. ``dense_fusion="before"`` with
    ``skip="none"`` is equation 2, and with ``skip="after"`` equation 3.

    Args:
        channels: Channels of input and output.
        num_units: L, number of blocks.
        block: Config or name of the block T, which is built with ``channels`` and keeps the
            shape of its input. Its ``size_requirements`` are the stack's.
        dense_connection: Without it (the paper's "w/o dense connection", table 3) each
            unit reads only the previous unit's output, and there are no 1×1 convolutions.
        dense_fusion: Whether all features so far are fused ``after`` each unit (the released
            code) or ``before`` it (the paper's equations). There, the first fusion reads the
            stack's input alone. Unused without ``dense_connection``.
        skip: Where the encoder's features enter a decoder: ``before`` the unit, added to
            its input (the released code), ``after`` it, added to its output (the paper's
            equation 3), or nowhere (``none``). Unit i takes the output of the encoder's
            unit i; the order is not mirrored.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(
        self,
        channels: int,
        num_units: int,
        block: PartConfig = "InnerScaleBlock",
        dense_connection: bool = True,
        skip: str = "none",
        dense_fusion: str = "after",
    ) -> None:
        super().__init__()
        require_int(self, "channels", channels, 1)
        require_int(self, "num_units", num_units, 1)
        require_choice(self, "skip", skip, SKIP_MODES)
        require_choice(self, "dense_connection", dense_connection, (True, False))
        require_choice(self, "dense_fusion", dense_fusion, FUSION_MODES)
        self.skip = skip
        self.dense_fusion = dense_fusion
        self.units = nn.ModuleList(
            build_part("block", block, channels=channels) for _ in range(num_units)
        )
        # The first fusion reads the stack's input, and after a unit its output as well.
        first = 1 if dense_fusion == "before" else 2
        self.fusions = nn.ModuleList(
            Fusion((first + i) * channels, channels) for i in range(num_units) if dense_connection
        )
        self.size_requirements = size_requirements_of(self.units[0])

    def forward(
        self, x: torch.Tensor, features: Sequence[torch.Tensor] = ()
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Run all units.

        Args:
            x: Features F_0 (N, channels, H, W).
            features: The outputs of the encoder's units; needed unless ``skip`` is ``none``.

        Returns:
            The stack's output and the outputs of its units, all of the shape of ``x``.
        """
        outputs: list[torch.Tensor] = []
        running = x
        for index in range(len(self.units)):
            if self.fusions and self.dense_fusion == "before":
                running = self.fusions[index]([x, *outputs])
            running = self.run_unit(index, running, features)
            outputs.append(running)
            if self.fusions and self.dense_fusion == "after":
                running = self.fusions[index]([x, *outputs])
        return running, outputs

    def run_unit(
        self, index: int, x: torch.Tensor, features: Sequence[torch.Tensor]
    ) -> torch.Tensor:
        """Return a unit's output with the skip from the encoder; see :meth:`forward`."""
        if self.skip == "before":
            x = x + features[index]
        output: torch.Tensor = self.units[index](x)
        return output + features[index] if self.skip == "after" else output
