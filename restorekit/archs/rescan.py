"""RESCAN, the recurrent squeeze-and-excitation context aggregation net (ECCV 2018)."""

from __future__ import annotations

from restorekit.registry import MODELS

from .blocks.parts import PartConfig, build_part
from .checks import require_choice, require_int
from .stage_recurrence import StageRecurrence, rain_head


@MODELS.register_module()
class RESCAN(StageRecurrence):
    """A stack of dilated recurrent units with squeeze-and-excitation, run stage by stage.

    The first unit reads the image; the units after it have the dilations 1, 2, 4, …. Only
    the convolutions of a unit's input are dilated, not those of its state. A head of a 3×3
    and a 1×1 convolution gives the rain, which is subtracted.

    Li et al., "Recurrent Squeeze-and-Excitation Context Aggregation Net for Single Image
    Deraining", ECCV 2018, with the data flow of the released code. The defaults are its
    settings (149,823 parameters). The released code works on BGR images and returns the
    rain of each stage; here images are RGB and the stages' derained images are returned.

    Args:
        channels: Channels of all features.
        num_stages: Stages, all with the same weights.
        depth: Layers in a stage as the paper counts them, at least 3; there are
            ``depth - 2`` units.
        recurrent_unit: ``ConvRNN``, ``ConvGRU``, ``ConvLSTM``, ``ConvUnit`` (without
            recurrence), or the config or name of another registered
            :class:`~restorekit.archs.blocks.recurrent.RecurrentUnit`.
        prediction: ``full``: each stage predicts all the rain; ``additive``: it adds to the
            rain of the previous stage, without a gradient to it.
        se_channels: Inner channels of the squeeze-and-excitations; 0 for none.

    Raises:
        ConfigError: If a value is out of range or a name is not registered.

    Example:
        >>> with torch.device("meta"):  # shapes without values
        ...     network, lq = RESCAN(), torch.empty(2, 3, 128, 128)
        >>> network(lq)[-1].shape, sum(weight.numel() for weight in network.parameters())
        (torch.Size([2, 3, 128, 128]), 149823)
    """

    def __init__(
        self,
        channels: int = 24,
        num_stages: int = 4,
        depth: int = 7,
        recurrent_unit: PartConfig = "ConvGRU",
        prediction: str = "full",
        se_channels: int = 6,
    ) -> None:
        # Checked first, as the parts are built before super().__init__.
        require_int(self, "channels", channels, 1)
        require_int(self, "depth", depth, 3)
        require_choice(self, "prediction", prediction, ("full", "additive"))
        require_int(self, "se_channels", se_channels, 0)
        units = (
            build_part(
                "recurrent_unit",
                recurrent_unit,
                in_channels=channels if index else 3,
                hidden_channels=channels,
                dilation=2 ** max(index - 1, 0),
                first_step=num_stages == 1,
                se_channels=se_channels,
            )
            for index in range(depth - 2)
        )
        head = rain_head(channels, se_channels, kernel_size=1)
        super().__init__(units, head, num_stages, additive=prediction == "additive")
