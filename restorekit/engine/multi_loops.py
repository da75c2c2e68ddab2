"""Validation on several datasets, so that the best checkpoint can be chosen by any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.runner import BaseLoop, ValLoop
from torch.utils.data import DataLoader

from restorekit.registry import LOOPS


@LOOPS.register_module()
class MultiValLoop(BaseLoop):
    """Validates on each of several datasets in turn.

    The metrics carry the dataset's name in front, so that
    ``CheckpointHook(save_best='rain100l/psnr/matlab_y_u8', rule='greater')`` keeps the best
    checkpoint by one dataset and protocol::

        val_cfg = dict(type='MultiValLoop')
        val_dataloader = dict(rain100l=dict(...), rain12=dict(...))
        val_evaluator = dict(type='ProtocolMetric', protocols=['matlab_y_u8'])

    Args:
        runner: The Runner.
        dataloader: Data loader, or its config, of each dataset by name.
        evaluator: Config of the metric that measures each of them, or of several metrics.
    """

    def __init__(
        self,
        runner: Any,
        dataloader: Mapping[str, DataLoader[Any] | dict[str, Any]],
        evaluator: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    ) -> None:
        self._runner = runner
        metrics = [evaluator] if isinstance(evaluator, Mapping) else evaluator
        self.loops = {
            name: ValLoop(
                runner, loader, runner.build_evaluator([{**one, "prefix": name} for one in metrics])
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

    def run(self) -> dict[str, float]:
        """Validate on every dataset and return all metrics."""
        self.runner.call_hook("before_val")
        self.runner.call_hook("before_val_epoch")
        self.runner.model.eval()
        metrics: dict[str, float] = {}
        for name, loop in self.loops.items():
            self.name = name
            for index, batch in enumerate(loop.dataloader):
                loop.run_iter(index, batch)
            metrics.update(loop.evaluator.evaluate(len(loop.dataloader.dataset)))
        self.runner.call_hook("after_val_epoch", metrics=metrics)
        self.runner.call_hook("after_val")
        return metrics
