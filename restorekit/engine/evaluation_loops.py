"""Validation and test loops that restore in tiles or with a self-ensemble."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop
from mmengine.runner import TestLoop as WholeTestLoop
from mmengine.runner import ValLoop as WholeValLoop
from torch import nn

from restorekit.errors import ConfigError
from restorekit.inference import PyTorchBackend, TiledNetwork, parse_tile
from restorekit.inference.canvas import TensorCanvas
from restorekit.registry import LOOPS


class Inference:
    """Restores a batch in tiles, or with a self-ensemble, or both.

    Args:
        network: The network, on its device.
        tile: ``auto``, ``off``, the side of a tile in pixels, or a dict with the tiles that a
            method's authors test with; see :class:`~restorekit.inference.parts.TileMode`.
        ensemble: Whether to average over the eight flips and rotations.
        key: Config key that error messages name.

    Raises:
        ConfigError: If ``tile`` is something else.
    """

    def __init__(self, network: nn.Module, tile: Any, ensemble: bool, key: str) -> None:
        self._tiled = TiledNetwork(
            PyTorchBackend(network), parse_tile(tile, f"{key}.tile"), ensemble
        )
        #: How the last image that was divided was divided; None if all were restored whole.
        self.tile: dict[str, Any] | None = None

    def __call__(self, lq: torch.Tensor) -> torch.Tensor:
        """Return the restored images, float32 (N, 3, H, W), not clamped."""
        canvases = [TensorCanvas(image, "an image") for image in lq]
        self._tiled.run(canvases, "an image")
        self.tile = self._tiled.plan(*lq.shape[-2:]).description or self.tile
        return torch.stack([canvas.result for canvas in canvases])


class PartsLoop(BaseLoop):
    """Lets the model restore as the loop's config says while the loop runs."""

    #: Key of the loop in configs.
    key: str

    def __init__(
        self,
        runner: Any,
        dataloader: Any,
        evaluator: Any,
        fp16: bool = False,
        tile: Any = "off",
        ensemble: bool = False,
    ) -> None:
        super().__init__(runner, dataloader, evaluator, fp16)
        self.inference: Inference | None = None
        if tile in (None, "off") and not ensemble:
            return
        model = self._model()
        network = getattr(model, "network", None)
        if not isinstance(network, nn.Module) or not hasattr(model, "inference"):
            raise ConfigError(
                f"{self.key}.tile and {self.key}.ensemble need a restorer of restorekit; "
                f"{type(model).__name__} is none: leave them out."
            )
        self.inference = Inference(network, tile, ensemble, self.key)

    def run(self) -> Any:
        """Run the loop, and return the metrics."""
        if self.inference is None:
            return super().run()
        with self._model().restoring_with(self.inference):
            return super().run()

    def _model(self) -> Any:
        model = self.runner.model
        return model.module if is_model_wrapper(model) else model


@LOOPS.register_module()
class TestLoop(PartsLoop, WholeTestLoop):
    """Tests once over the test set.

    Args:
        runner: The Runner.
        dataloader: The test set's data loader, or its config.
        evaluator: The evaluator, or the config of its metrics.
        fp16: Whether to test in half precision, by autocast.
        tile: How images are divided: ``off`` (default), ``auto``, the side of a tile in pixels, or
            ``dict(size=…, stride=…, merge=…)`` for the tiles of a published test.
        ensemble: Whether to average over the eight flips and rotations of each image.

    Raises:
        ConfigError: If ``tile`` cannot be used, or the model has no network of its own.
    """

    # Not a class of tests.
    __test__ = False
    key = "test_cfg"


@LOOPS.register_module()
class ValLoop(PartsLoop, WholeValLoop):
    """Validates once over the validation set; the arguments are those of :class:`TestLoop`."""

    key = "val_cfg"
