"""Validation and test loops that restore in tiles or with a self-ensemble."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.model import is_model_wrapper
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
        #: How images were divided; None if all were restored whole.
        self.tile: dict[str, Any] | None = None

    def __call__(self, lq: torch.Tensor) -> torch.Tensor:
        """Return the restored images, float32 (N, 3, H, W), not clamped."""
        canvases = [TensorCanvas(image, "an image") for image in lq]
        self._tiled.run(canvases, "an image")
        self.tile = self._tiled.plan(*lq.shape[-2:]).description or self.tile
        return torch.stack([canvas.result for canvas in canvases])


class _Options:
    """Lets the model restore as a loop's config says while the loop runs."""

    runner: Any
    inference: Inference | None = None

    def _set_up(self, key: str, tile: Any, ensemble: bool) -> None:
        if tile in (None, "off") and not ensemble:
            return
        model = self._model()
        network = getattr(model, "network", None)
        if not isinstance(network, nn.Module) or not hasattr(model, "inference"):
            raise ConfigError(
                f"{key}.tile and {key}.ensemble need a restorer of restorekit; "
                f"{type(model).__name__} is none: leave them out."
            )
        self.inference = Inference(network, tile, ensemble, key)

    def _model(self) -> Any:
        model = self.runner.model
        return model.module if is_model_wrapper(model) else model


@LOOPS.register_module()
class TestLoop(_Options, WholeTestLoop):
    """Tests once over the test set.

    Args:
        tile: How images are divided: ``off`` (default), ``auto``, the side of a tile in pixels, or
            ``dict(size=…, stride=…, merge=…)`` for the tiles of a published test.
        ensemble: Whether to average over the eight flips and rotations of each image.
        options: Those of mmengine's ``TestLoop``.

    Raises:
        ConfigError: If ``tile`` cannot be used, or the model has no network of its own.
    """

    # Not a class of tests.
    __test__ = False

    def __init__(
        self, *args: Any, tile: Any = "off", ensemble: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._set_up("test_cfg", tile, ensemble)

    def run(self) -> Any:
        """Test, and return the metrics."""
        if self.inference is None:
            return super().run()
        with self._model().restoring_with(self.inference):
            return super().run()


@LOOPS.register_module()
class ValLoop(_Options, WholeValLoop):
    """Validates once over the validation set; the arguments are those of :class:`TestLoop`."""

    def __init__(
        self, *args: Any, tile: Any = "off", ensemble: bool = False, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self._set_up("val_cfg", tile, ensemble)

    def run(self) -> Any:
        """Validate, and return the metrics."""
        if self.inference is None:
            return super().run()
        with self._model().restoring_with(self.inference):
            return super().run()
