"""A restorer that trains every stage's output, not only the final one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import nn

from restorekit.archs.sizing import forward_padded, size_requirements_of
from restorekit.errors import ConfigError, did_you_mean
from restorekit.fast import plain
from restorekit.losses import compute_losses
from restorekit.losses.pyramid import RESIZES
from restorekit.registry import MODELS

from .restorer import Restorer


@MODELS.register_module()
class MultiStageRestorer(Restorer):
    """Trains a network of several stages by the sum of a loss over all of them.

    RESCAN (ECCV 2018) and REHEN (ACM MM 2019) sum the squared error of all stages; REHEN
    adds two losses of the final stage.

    A network with stages that only training needs has a method ``forward_train`` that returns
    them by name, the final one as ``pred`` (MPRNet, NeRD-Rain). Where the size of a stage differs
    from that of the input, ``gt`` is resized to it. Patches must have a size that the network
    takes.

    Args:
        network: Config of a network that returns a tuple, the final output last, or has
            ``forward_train``.
        stage_loss: Config of the loss between the output of each stage and ``gt``, a ``SumLoss``
            for several.
        loss: Config of a further loss, between the final output and ``gt``.
        data_preprocessor: See :class:`~restorekit.models.restorer.Restorer`.
        compile: See :class:`~restorekit.models.restorer.Restorer`.
        accelerate: See :class:`~restorekit.models.restorer.Restorer`.
        stage_weights: Factors of the stages' losses, by their names in ``forward_train``; 1 by
            default.
        stage_losses: Configs of the losses of single stages, by name, in place of ``stage_loss``;
            None leaves a stage out.
        targets: How ``gt`` is resized for stages of another size: ``bilinear`` in one step, or
            ``gaussian_pyramid`` by halves; see :mod:`restorekit.losses.pyramid`.

    Raises:
        ConfigError: If ``targets`` is neither.
    """

    def __init__(
        self,
        network: dict[str, Any],
        stage_loss: dict[str, Any],
        loss: dict[str, Any] | None = None,
        data_preprocessor: dict[str, Any] | None = None,
        compile: bool | dict[str, Any] = False,  # noqa: A002
        accelerate: bool = True,
        stage_weights: dict[str, float] | None = None,
        stage_losses: dict[str, dict[str, Any] | None] | None = None,
        targets: str = "bilinear",
    ) -> None:
        super().__init__(network, loss, data_preprocessor, compile, accelerate)
        if targets not in RESIZES:
            raise ConfigError(
                f"MultiStageRestorer: targets is {targets!r}.{did_you_mean(targets, RESIZES)} "
                f"Use one of {', '.join(RESIZES)}."
            )
        self.stage_loss = self.build_loss(stage_loss)
        self.stage_weights = stage_weights or {}
        named = stage_losses or {}
        self._left_out = {stage for stage, config in named.items() if config is None}
        # A ModuleDict would refuse names that its class has, such as "half".
        self._named = [stage for stage in named if stage not in self._left_out]
        self.stage_losses = nn.ModuleList(
            self.build_loss(config) for config in named.values() if config is not None
        )
        self._resized = RESIZES[targets]

    def compute_loss(self, lq: torch.Tensor, gt: torch.Tensor | None) -> dict[str, torch.Tensor]:
        """Return the losses by name, ``loss_stage1``, …, and those of the final output.

        Raises:
            ConfigError: If the network has a single output, takes no patches of this size, or
                has no stage that ``stage_weights`` or ``stage_losses`` names.
        """
        if gt is None:
            raise ValueError("training needs images with gt")
        stages, final = self._stages(lq)
        self._require_stages("stage_weights", self.stage_weights, stages)
        self._require_stages("stage_losses", {*self._named, *self._left_out}, stages)
        own = dict(zip(self._named, self.stage_losses, strict=True))
        losses = {}
        for stage, output in stages.items():
            if stage in self._left_out:
                continue
            loss = own.get(stage, self.stage_loss)
            size = (output.shape[-2], output.shape[-1])
            target, rainy = self._resized(gt, size), self._resized(lq, size)
            weight = self.stage_weights.get(stage, 1.0)
            for name, value in compute_losses(loss, output, target, rainy).items():
                losses[f"{name}_{stage}"] = weight * value
        if self.loss is not None:
            for name, value in compute_losses(self.loss, final, gt, lq).items():
                # mmengine reserves the name "loss" for the sum.
                losses["loss_final" if name == "loss" else name] = value
        return losses

    def _require_stages(self, key: str, named: Iterable[str], stages: Mapping[str, Any]) -> None:
        for stage in sorted(set(named) - stages.keys()):
            raise ConfigError(
                f"{self._name}: model.{key} names {stage!r}, which is no stage."
                f"{did_you_mean(stage, stages)} Its stages are {', '.join(stages)}."
            )

    @property
    def _name(self) -> str:
        return type(plain(self.network)).__name__

    def _stages(self, lq: torch.Tensor) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
        """Return the outputs of all stages by name, and the final one."""
        if hasattr(self.network, "forward_train"):
            size = tuple(lq.shape[-2:])
            fitting = size_requirements_of(self.network).fit(*size)
            if fitting != size:
                raise ConfigError(
                    f"{self._name} cannot be trained on patches of {size[0]}x{size[1]} pixels; the "
                    f"next size that it takes is {fitting[0]}x{fitting[1]} (patch_size of the "
                    "training pipeline)."
                )
            named = self._train_network.forward_train(lq)
            return named, named["pred"]
        outputs = forward_padded(self._train_network, lq)
        if isinstance(outputs, torch.Tensor):
            raise ConfigError(
                f"MultiStageRestorer: {self._name} has a single output; train it with "
                "model.type='Restorer', and model.stage_loss as model.loss."
            )
        return {f"stage{i}": output for i, output in enumerate(outputs, start=1)}, outputs[-1]
