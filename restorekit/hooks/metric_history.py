"""Write the history of a training, as a table and as curves."""

from __future__ import annotations

import numbers
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import EpochBasedTrainLoop

from restorekit.errors import ConfigError
from restorekit.evaluation.history import (
    Row,
    append_row,
    columns_of,
    read_history,
    write_history,
)
from restorekit.figures.training_curves import draw_history
from restorekit.registry import HOOKS


@HOOKS.register_module()
class MetricHistoryHook(Hook):
    """Writes ``<work_dir>/history.csv`` and, after each validation, ``history.png``.

    A row has ``iter`` (training iterations done), ``epoch`` where the loop counts epochs,
    ``phase`` (``train`` or ``val``), ``lr``, the losses (their mean over the last
    ``interval`` iterations) and, in ``val`` rows, the metrics of that validation. A
    resumed run keeps the rows up to its iteration and drops later ones, which it will
    produce again; a new run starts with an empty table.

    Each row is on the disk before a checkpoint of the same iteration is written: a checkpoint
    never knows more than the table. A row with a new column rewrites the table; others are
    appended. Validations outside of a training leave no row.

    Args:
        interval: Iterations from one ``train`` row to the next.

    Priority ``LOW``: after the log, before the checkpoint. Only the first process writes.

    Raises:
        ConfigError: If ``interval`` is not positive.

    Example:
        >>> custom_hooks = [dict(type="MetricHistoryHook", interval=50)]
        >>> HOOKS.build(custom_hooks[0]).interval
        50
    """

    priority = "LOW"

    def __init__(self, interval: int = 100) -> None:
        if interval < 1:
            raise ConfigError(f"MetricHistoryHook: interval must be 1 or more, not {interval}.")
        self.interval = interval
        self._rows: list[Row] = []
        self._columns: list[str] = []
        self._losses: list[str] = []
        self._training = False

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Record the names of the losses, for a validation before the next iteration."""
        checkpoint["meta"]["losses"] = self._losses

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Restore the names of the losses."""
        self._losses = checkpoint["meta"].get("losses", [])

    def before_train(self, runner: Any) -> None:
        """Keep the rows of the run that is being resumed.

        Raises:
            DataError: If ``history.csv`` is not a history.
        """
        self._training = True
        if not is_main_process():
            return
        path = Path(runner.work_dir) / "history.csv"
        rows = read_history(path)
        self._rows = [row for row in rows if int(row["iter"]) <= runner.iter]
        if len(self._rows) < len(rows):
            runner.logger.info(
                f"{path}: dropped {len(rows) - len(self._rows)} rows of an earlier run after "
                f"iteration {runner.iter}."
            )
        if path.exists():
            write_history(path, self._rows)
        self._columns = columns_of(self._rows)

    def after_train(self, runner: Any) -> None:
        self._training = False

    def after_train_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Add a ``train`` row at each interval and at the end."""
        self._losses = list(outputs or {})
        if self.every_n_train_iters(runner, self.interval) or self.is_last_train_iter(runner):
            # In all processes: no row has a loss that is not finite.
            runner.call_hook("finish_check")
            self._add(runner, "train", runner.iter + 1, runner.epoch + 1, {})

    def after_val_epoch(self, runner: Any, metrics: dict[str, Any] | None = None) -> None:
        """Add a ``val`` row and draw the curves."""
        if not self._training:
            return
        # The loops have counted the iteration and the epoch by now.
        self._add(runner, "val", runner.iter, runner.epoch, metrics or {})
        if is_main_process():
            draw_history(Path(runner.work_dir) / "history.png", self._rows)

    def _add(
        self, runner: Any, phase: str, iteration: int, epoch: int, metrics: dict[str, Any]
    ) -> None:
        if not is_main_process():
            return
        row = {"iter": str(iteration), "phase": phase}
        if isinstance(runner.train_loop, EpochBasedTrainLoop):
            row["epoch"] = str(epoch)
        # mmengine's own record: the optimiser may hold the rate of the next iteration already.
        for key, scalar in runner.message_hub.log_scalars.items():
            name = key.removeprefix("train/")
            if name in self._losses and key != name:
                row[name] = repr(float(scalar.mean(self.interval)))
            elif key.startswith("train/") and key.endswith("lr") and "base_lr" not in key:
                row[name] = repr(float(scalar.current()))
        for name, value in metrics.items():
            if isinstance(value, numbers.Real) or (
                isinstance(value, torch.Tensor) and value.numel() == 1
            ):
                row[name] = repr(float(value))
        last = self._rows[-1] if self._rows else {}
        if (last.get("iter"), last.get("phase")) == (row["iter"], phase):
            # A run that resumes at the end of an epoch validates there a second time.
            return
        self._rows.append(row)
        path = Path(runner.work_dir) / "history.csv"
        if path.exists() and row.keys() <= set(self._columns):
            append_row(path, self._columns, row)
        else:
            write_history(path, self._rows)
            self._columns = columns_of(self._rows)
