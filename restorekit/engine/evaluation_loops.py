"""Validation and test loops that restore in tiles or with a self-ensemble."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from mmengine.model import is_model_wrapper
from mmengine.runner import BaseLoop
from mmengine.runner import TestLoop as WholeTestLoop
from mmengine.runner import ValLoop as WholeValLoop
from torch import nn
from torch.utils.data import DataLoader

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
        self.ensemble = ensemble
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
        with self.restoring():
            return super().run()

    def restoring(self) -> contextlib.AbstractContextManager[None]:
        """Return a context in which the model restores as the loop's config says."""
        if self.inference is None:
            return contextlib.nullcontext()
        context: contextlib.AbstractContextManager[None] = self._model().restoring_with(
            self.inference
        )
        return context

    @property
    def settings(self) -> dict[str, Any]:
        """How images are restored, for results: the tiles that were taken, and the ensemble."""
        if self.inference is None:
            return {"tile": None, "ensemble": False}
        return {"tile": self.inference.tile, "ensemble": self.inference.ensemble}

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


@LOOPS.register_module()
class MultiValLoop(BaseLoop):
    """Validates on each of several datasets in turn.

    The metrics carry the dataset's name in front, so that
    ``CheckpointHook(save_best='rain100l/psnr/matlab_y_u8')`` keeps the best
    checkpoint by one dataset and protocol::

        val_cfg = dict(type='MultiValLoop')
        val_dataloader = dict(rain100l=dict(...), rain12=dict(...))
        val_evaluator = dict(type='RestorationMetric', protocols=['matlab_y_u8'])

    Args:
        runner: The Runner.
        dataloader: Data loader, or its config, of each dataset by name.
        evaluator: Config of the metric that measures each of them, or of several metrics.
        fp16: Whether to validate in half precision, by autocast.
        tile: How images are divided; see :class:`TestLoop`.
        ensemble: Whether to average over the eight flips and rotations of each image.

    Raises:
        ConfigError: If ``tile`` cannot be used, or the model has no network of its own.
    """

    def __init__(
        self,
        runner: Any,
        dataloader: Mapping[str, DataLoader[Any] | dict[str, Any]],
        evaluator: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        fp16: bool = False,
        tile: Any = "off",
        ensemble: bool = False,
    ) -> None:
        self._runner = runner
        metrics = [evaluator] if isinstance(evaluator, Mapping) else evaluator
        self.loops = {
            name: ValLoop(
                runner,
                loader,
                runner.build_evaluator([{**one, "prefix": name} for one in metrics]),
                fp16,
                tile,
                ensemble,
            )
            for name, loader in dataloader.items()
        }
        #: Name of the dataset that is being validated on.
        self.name = next(iter(self.loops))

    @property
    def dataloader(self) -> DataLoader[Any]:
        """The data loader of the dataset that is being validated on."""
        loader: DataLoader[Any] = self.loops[self.name].dataloader
        return loader

    @property
    def num_batches(self) -> int:
        """Batches of all datasets."""
        return sum(len(loop.dataloader) for loop in self.loops.values())

    @property
    def evaluator(self) -> Any:
        """The evaluator of the dataset that is being validated on."""
        return self.loops[self.name].evaluator

    @property
    def settings(self) -> dict[str, Any]:
        """How the images of the dataset that is being validated on are restored."""
        return self.loops[self.name].settings

    def run(self) -> dict[str, float]:
        """Validate on every dataset and return all metrics."""
        self.runner.call_hook("before_val")
        self.runner.call_hook("before_val_epoch")
        self.runner.model.eval()
        metrics: dict[str, float] = {}
        for name, loop in self.loops.items():
            self.name = name
            with loop.restoring():
                for index, batch in enumerate(loop.dataloader):
                    loop.run_iter(index, batch)
            metrics.update(loop.evaluator.evaluate(len(loop.dataloader.dataset)))
        self.runner.call_hook("after_val_epoch", metrics=metrics)
        self.runner.call_hook("after_val")
        return metrics
