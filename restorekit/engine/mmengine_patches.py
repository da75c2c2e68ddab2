"""Everything that corrects mmengine where its own interfaces do not allow it.

====================== ============================================= ==========================
what                   why                                           test that fails without it
====================== ============================================= ==========================
CheckpointHook         removes before it writes; removes files of    test_runner.py:
                       other folders; loses the validation that a    test_a_failed_save_…,
                       kill interrupts                               test_changed_resume.py
ShortHistories         keeps a million values of each scalar and     test_mmengine_patches.py
                       copies them at each iteration
require_known_best     fails at the first validation                 test_mmengine_patches.py
endless                mmengine makes its iterator before the        test_exact_resume.py
                       position is known, and sleeps 2 s at the end
                       of each pass
start_gloo             mmengine's start-up calls CUDA whatever the   test_distributed.py
                       backend is
read_files_safely      ``init_cfg=dict(type='Pretrained')`` and      test_mmengine_patches.py
                       others read checkpoints by ``torch.load``,
                       also from the network
use_own_checkpointing  mmengine wants the name of every block, and  test_checkpointing.py
                       counts batches of batch norms twice
types_that_failed      mmengine does not say what it was building    test_validate.py
====================== ============================================= ==========================

:meth:`restorekit.engine.Runner.resume` replaces mmengine's method, which would run the text of a
config inside the checkpoint as Python (``test_runner.py: test_text_of_a_config_…``).
"""

from __future__ import annotations

import logging
import os
import traceback
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path, PurePath
from typing import Any

import mmengine.runner.runner
import torch.distributed
from mmengine.dist import is_main_process
from mmengine.hooks import CheckpointHook as MMEngineCheckpointHook
from mmengine.logging import HistoryBuffer, print_log
from mmengine.runner import CheckpointLoader
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous
from torch.utils.data import DataLoader

from restorekit.checkpoints.io import load_file
from restorekit.errors import ConfigError, did_you_mean
from restorekit.metrics import RestorationMetric
from restorekit.metrics.measures import known_measures
from restorekit.models import checkpoint_activations
from restorekit.registry import HOOKS

from .launch import attempt

#: Values of each scalar that are kept, at least, and as many as mmengine keeps.
_HISTORY, _MMENGINE_HISTORY = 10_000, 1_000_000


def endless(dataloader: DataLoader[Any]) -> Iterator[Any]:
    """Yield batches for ever; a sampler that ends begins another epoch."""
    epoch = 0
    while True:
        yield from dataloader
        epoch += 1
        sampler: Any = getattr(dataloader.batch_sampler, "sampler", dataloader.sampler)
        if hasattr(sampler, "set_epoch"):
            sampler.set_epoch(epoch)


def start_gloo(config: Any) -> None:
    """Make the process group over gloo, and let the Runner wrap models for the CPU."""
    # Kernels of 1×1 have the same layout by either strides, which PyTorch does not see.
    warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")
    # An argument that mmengine passes on.
    warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated")
    if not torch.distributed.is_initialized():
        timeout = timedelta(seconds=config.env_cfg.dist_cfg.timeout)
        store, rank, world_size = next(rendezvous("env://", timeout=timeout))
        # The launcher keeps its store over restarts, with the addresses of ended processes in it.
        store = PrefixStore(f"attempt_{attempt()}", store)
        torch.distributed.init_process_group(
            "gloo", store=store, rank=rank, world_size=world_size, timeout=timeout
        )
    config.model_wrapper_cfg.device_ids = None


def read_files_safely() -> None:
    """Let whatever mmengine reads be read by :func:`restorekit.checkpoints.io.load_file`.

    Only data in local files is read: no objects, no addresses.
    """
    prefixes = list(CheckpointLoader._schemes)
    CheckpointLoader.register_scheme(
        prefixes, lambda filename, map_location=None, **_: load_file(filename), force=True
    )


def use_own_checkpointing() -> None:
    """Let ``activation_checkpointing`` be :func:`restorekit.models.checkpoint_activations`."""
    mmengine.runner.runner.turn_on_activation_checkpointing = checkpoint_activations


def types_that_failed(error: BaseException) -> list[str]:
    """Return each ``type`` of a config that mmengine was building when it failed, outer first."""
    building = (
        frame.f_locals.get("obj_type")
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name == "build_from_cfg"
    )
    return [name for name in building if isinstance(name, str)]


class ShortHistories(OrderedDict[str, HistoryBuffer]):
    """Histories of scalars by name, each with a limited length.

    mmengine keeps a million values of each and copies them all at each iteration.

    Args:
        length: How many values are kept.
        histories: What there is already.
    """

    def __init__(self, length: int, histories: Mapping[str, HistoryBuffer]) -> None:
        super().__init__()
        self._length = length
        self.update(histories)

    def __setitem__(self, name: str, history: HistoryBuffer) -> None:
        history.max_length = self._length
        history._log_history = history._log_history[-self._length :]
        history._count_history = history._count_history[-self._length :]
        super().__setitem__(name, history)


def history_length(config: Mapping[str, Any]) -> int:
    """Return how many values of a history the log and the hooks of a config look back on."""
    processor = config.get("log_processor") or {}
    custom = processor.get("custom_cfg") or []
    windows = [processor.get("window_size"), *(one.get("window_size") for one in custom)]
    windows += [
        hook.get("interval")
        for hook in config.get("custom_hooks") or []
        if isinstance(hook, Mapping) and hook.get("type") == "MetricHistoryHook"
    ]
    if {"epoch", "global"} & {window for window in windows if isinstance(window, str)}:
        return _MMENGINE_HISTORY
    return max([_HISTORY, *(window for window in windows if isinstance(window, int))])


def require_known_best(hooks: Iterable[Any], val_loop: Any) -> None:
    """Refuse a ``save_best`` that no validation measures.

    Metrics of plugins do not say beforehand what they return; with one, nothing is refused.

    Raises:
        ConfigError: If restorekit's metrics alone measure, and none has that key.
    """
    loops = list(getattr(val_loop, "loops", {}).values()) or [val_loop]
    metrics = [metric for loop in loops for metric in loop.evaluator.metrics]
    if not all(isinstance(metric, RestorationMetric) for metric in metrics):
        return
    keys = [key for metric in metrics for key in metric.keys]
    for hook in hooks:
        best = hook.save_best if isinstance(hook, MMEngineCheckpointHook) else None
        for key in best or []:
            if key != "auto" and key not in keys:
                raise ConfigError(
                    f"default_hooks.checkpoint.save_best={key!r}: the validation does not measure "
                    f"it.{did_you_mean(key, keys)} It measures {', '.join(keys)}."
                )


@HOOKS.register_module()
class CheckpointHook(MMEngineCheckpointHook):
    """mmengine's hook with these differences.

    * An old checkpoint is removed only once the new one is on the disk. mmengine removes what
      ``max_keep_ckpts`` and ``save_best`` do not keep before it writes what replaces it: a kill
      in between leaves neither. What a kill leaves over is removed by the resumed run.
    * Nothing outside the present output folder is removed. A checkpoint remembers the paths of
      the best ones; in a run that resumes it in another folder, mmengine would remove those.
    * A checkpoint of the iteration that is validated is written again after the validation. So
      it holds the measures and the record of the best checkpoint, and a resumed run knows
      whether the validation is still due (``meta['validated']``).
    * ``save_best`` needs no ``rule`` for registered measures, which know their direction. ``auto``
      stands for the first number of a validation.

    Priority ``VERY_LOW``, as mmengine's, whose arguments it takes.
    """

    file_backend: Any
    rules: list[str | None]
    key_indicators: list[str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._training = self._after_validation = False
        self._last_step: int | None = None
        self._leftovers: list[str] = []

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Take note of what was still to be removed when the checkpoint was written."""
        self._leftovers = checkpoint["meta"].get("outdated", [])

    def before_train(self, runner: Any) -> None:
        """Prepare as mmengine does, for this output folder alone."""
        folder = self._output_folder(runner)
        resumed_from = getattr(runner, "resumed_from", None)
        if resumed_from is not None:
            self._move_records(runner, folder, Path(resumed_from).resolve().parent == folder)
        super().before_train(runner)
        self._training = True
        self.file_backend = _RemovesLater(self.file_backend, folder)
        if resumed_from is None:
            return
        self._last_step = runner.epoch if self.by_epoch else runner.iter
        self.last_ckpt = os.path.join(self.out_dir, self.filename_tmpl.format(self._last_step))
        if is_main_process():
            for name in self._leftovers:
                file = folder / PurePath(name).name
                if file.suffix == ".pth":
                    file.unlink(missing_ok=True)

    def after_train(self, runner: Any) -> None:
        """Publish what is to be published, and stop writing after validations."""
        super().after_train(runner)
        self._training = False

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Record what is removed once this checkpoint is on the disk."""
        backend = getattr(self, "file_backend", None)
        if isinstance(backend, _RemovesLater) and backend.waiting:
            checkpoint["meta"]["outdated"] = [PurePath(path).name for path in backend.waiting]

    def after_val_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Keep the best checkpoint, and record the validation in the one of this iteration."""
        if not self._training:
            return
        step = runner.epoch if self.by_epoch else runner.iter
        written, self._after_validation = self._last_step == step, True
        self._last_step = None
        super().after_val_epoch(runner, metrics or {})
        if written and self._last_step is None:
            meta = {"epoch": runner.epoch, "iter": runner.iter}
            self._save_checkpoint_with_step(runner, step, meta)
        self._after_validation = False

    def _save_checkpoint_with_step(self, runner: Any, step: int, meta: dict[str, Any]) -> None:
        meta["validated"] = self._after_validation
        super()._save_checkpoint_with_step(runner, step, meta)
        self._last_step = step
        self._remove_now()

    def _save_best_checkpoint(self, runner: Any, metrics: dict[str, float]) -> None:
        super()._save_best_checkpoint(runner, metrics)
        self._remove_now()

    def _init_rule(self, rules: list[str | None], key_indicators: list[str]) -> None:
        """Take the direction of a measure from the registry, where the config does not say it."""
        rules = rules * len(key_indicators) if len(rules) == 1 else rules
        known = [rule or _direction(key) for rule, key in zip(rules, key_indicators, strict=True)]
        try:
            super()._init_rule(known, key_indicators)
        except ValueError:
            if self.save_best != ["auto"]:
                raise
            # Not a measure, and its name says nothing about its direction.
            print_log(
                f"save_best='auto': whether more {key_indicators[0]} is better is not known, so no "
                "best checkpoint is kept; set rule='greater' or rule='less' beside it.",
                logger="current",
                level=logging.WARNING,
            )
            self.rules, self.key_indicators = [], []

    def _remove_now(self) -> None:
        if isinstance(self.file_backend, _RemovesLater):
            self.file_backend.remove_now()

    def _output_folder(self, runner: Any) -> Path:
        """Return the folder that mmengine is going to write to."""
        if self.out_dir is None or self.out_dir == runner.work_dir:
            return Path(runner.work_dir).resolve()
        return (Path(self.out_dir) / PurePath(runner.work_dir).name).resolve()

    def _move_records(self, runner: Any, folder: Path, same_folder: bool) -> None:
        """Let remembered paths name files of this folder, and forget the others."""
        info = runner.message_hub.runtime_info
        if not same_folder:
            self._leftovers = []
            info.pop("keep_ckpt_ids", None)
        for key in [key for key in info if key.startswith("best_ckpt") or key == "last_ckpt"]:
            path = folder / PurePath(str(info[key]).replace("\\", "/")).name
            if path.is_file():
                info[key] = str(path)
                continue
            info.pop(key)
            if key != "last_ckpt":
                score = info.pop(key.replace("best_ckpt", "best_score", 1), None)
                runner.logger.warning(
                    f"The best checkpoint so far ({score}) is not in {folder}: the best one is "
                    "chosen anew from here on."
                )


def _direction(key: str) -> str | None:
    """Return ``greater`` or ``less`` for a measured quantity; None if its measure is not known.

    Args:
        key: Such as ``psnr/rgb_u8``, or ``rain12/psnr/rgb_u8`` with several validation sets.
    """
    measures = known_measures()
    for name in key.split("/"):
        if name in measures:
            return "greater" if measures[name].higher_is_better else "less"
    return None


class _RemovesLater:
    """A file backend that keeps files it is to remove until :meth:`remove_now`.

    Args:
        backend: The backend that it stands for.
        folder: The only folder that it removes files from.
    """

    def __init__(self, backend: Any, folder: Path) -> None:
        self._backend = backend
        self._folder = folder
        self.waiting: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        if Path(path).resolve().parent == self._folder:
            self.waiting.append(path)

    def remove_now(self) -> None:
        while self.waiting:
            self._backend.remove(self.waiting.pop())
