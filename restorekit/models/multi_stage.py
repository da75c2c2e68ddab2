"""A restorer that trains every stage's output, not only the final one."""

from __future__ import annotations

from typing import Any

import torch

from restorekit.archs.sizing import forward_padded
from restorekit.errors import ConfigError
from restorekit.fast import plain
from restorekit.losses import as_loss_dict
from restorekit.registry import MODELS

from .restorer import Restorer


@MODELS.register_module()
class MultiStageRestorer(Restorer):
    """Trains a network of several stages by the sum of a loss over all of them.

    RESCAN (ECCV 2018) and REHEN (ACM MM 2019) sum the squared error of all stages; REHEN
    adds two losses of the final stage.

    Args:
        network: Config of a network that returns a tuple, the final output last.
        stage_loss: Config of the loss between each stage's output and ``gt``.
        loss: Config of a further loss, between the final output and ``gt``.
        data_preprocessor: See :class:`~restorekit.models.restorer.Restorer`.
        compile: See there.
        accelerate: See there.
    """

    def __init__(
        self,
        network: dict[str, Any],
        stage_loss: dict[str, Any],
        loss: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        compile: bool | dict[str, Any] = False,  # noqa: A002
        accelerate: bool = True,
    ) -> None:
        super().__init__(network, loss, data_preprocessor, compile, accelerate)
        self.stage_loss = self.build_loss(stage_loss)

    def compute_loss(self, lq: torch.Tensor, gt: torch.Tensor | None) -> dict[str, torch.Tensor]:
        """Return the losses by name, ``loss_stage1``, …, and those of the final output.

        Raises:
            ConfigError: If the network has a single output.
        """
        if gt is None:
            raise ValueError("training needs images with gt")
        outputs = forward_padded(self._train_network, lq)
        if isinstance(outputs, torch.Tensor):
            raise ConfigError(
                f"MultiStageRestorer: {type(plain(self.network)).__name__} has a single output; "
                "train it with model.type='Restorer', and model.stage_loss as model.loss."
            )
        losses = {}
        for number, output in enumerate(outputs, start=1):
            for name, value in as_loss_dict(self.stage_loss(output, gt)).items():
                losses[f"{name}_stage{number}"] = value
        if self.loss is not None:
            for name, value in as_loss_dict(self.loss(outputs[-1], gt)).items():
                # mmengine logs the sum of all as "loss".
                losses["loss_final" if name == "loss" else name] = value
        return losses
