"""Networks that run in the channels-last layout on a CPU.

The convolutions of oneDNN with few channels are several times as fast in this layout, which
everything after the input keeps.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from restorekit.archs import (
    DCSFN,
    REHEN,
    RESCAN,
    BioIR,
    DRSformer,
    MPRNet,
    NAFNet,
    NeRDRain,
    PReNet,
    Restormer,
)

from .forms import FastForm, register_fast_form


class ChannelsLast(FastForm):
    """Base of the networks' fast forms."""

    def compute(self, lq: Tensor) -> Any:
        """Run the network on ``lq`` in the channels-last layout; see its class."""
        if lq.device.type != "cpu":
            return super().compute(lq)
        outputs = super().compute(lq.contiguous(memory_format=torch.channels_last))
        if isinstance(outputs, Tensor):
            return outputs.contiguous()
        return tuple(output.contiguous() for output in outputs)


@register_fast_form(DCSFN)
class FastDCSFN(ChannelsLast, DCSFN):
    """DCSFN in the channels-last layout."""


@register_fast_form(DCSFN, training=True)
class TrainedDCSFN(FastDCSFN):
    """The same in training."""

    with_gradients = True


@register_fast_form(NAFNet)
class FastNAFNet(ChannelsLast, NAFNet):
    """NAFNet in the channels-last layout."""


@register_fast_form(NAFNet, training=True)
class TrainedNAFNet(FastNAFNet):
    """The same in training."""

    with_gradients = True


@register_fast_form(PReNet)
class FastPReNet(ChannelsLast, PReNet):
    """PReNet in the channels-last layout."""


@register_fast_form(REHEN)
class FastREHEN(ChannelsLast, REHEN):
    """REHEN in the channels-last layout."""


@register_fast_form(RESCAN)
class FastRESCAN(ChannelsLast, RESCAN):
    """RESCAN in the channels-last layout."""


@register_fast_form(BioIR)
class FastBioIR(ChannelsLast, BioIR):
    """BioIR in the channels-last layout."""


@register_fast_form(DRSformer)
class FastDRSformer(ChannelsLast, DRSformer):
    """DRSformer in the channels-last layout."""


@register_fast_form(MPRNet)
class FastMPRNet(ChannelsLast, MPRNet):
    """MPRNet in the channels-last layout."""


@register_fast_form(NeRDRain)
class FastNeRDRain(ChannelsLast, NeRDRain):
    """NeRDRain in the channels-last layout."""


@register_fast_form(Restormer)
class FastRestormer(ChannelsLast, Restormer):
    """Restormer in the channels-last layout."""
