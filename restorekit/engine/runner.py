"""mmengine's Runner with checkpoints that are safe to load and never half-written."""

from __future__ import annotations

import contextlib
import dataclasses
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import EMAHook
from mmengine.logging import MessageHub, MMLogger
from mmengine.model import is_model_wrapper
from mmengine.registry import RUNNERS
from mmengine.runner import EpochBasedTrainLoop
from mmengine.runner import Runner as MMEngineRunner
from torch.utils.data import DataLoader

from restorekit.checkpoints.network_config import load_weights
from restorekit.checkpoints.plain import to_plain
from restorekit.datasets import require_one_size, require_patches
from restorekit.errors import CheckpointError, ConfigError, RestoreKitError
from restorekit.inference.memory import naming_memory
from restorekit.io.files import atomic_path, remove_leftovers

from .console import HeldBack
from .data_loaders import batch_by_size, share_out
from .distributed import naming_lost_processes
from .leak_exclusion import Excluded, without_leaks
from .loops import ResumableLoop
from .mmengine_patches import (
    ShortHistories,
    history_length,
    read_files_safely,
    require_known_best,
    use_own_checkpointing,
)
from .resume import (
    ScheduleReplay,
    load_optimizer,
    optimizer_names,
    schedule_changes,
    use_raw_weights,
    without_functions,
)
from .training_checkpoints import find_last_good_checkpoint, read_training_checkpoint
from .validate import check_config, naming_key
from .work_folder import sole_training

#: What is called once there is a batch, when nothing is left to refuse.
_FIRST_CALLS = {"before_train_iter", "before_val_iter", "before_test_iter"}


@RUNNERS.register_module(name="RestoreKitRunner")
class Runner(MMEngineRunner):
    """Trains, validates and tests as mmengine's Runner does, with these differences.

    * Checkpoints are read with ``weights_only=True``, resuming included, from local files
      only. The text of a config inside a checkpoint is never run (mmengine's ``resume``
      would run ``meta['config']`` as Python).
    * Weights must fit exactly; a checkpoint of another network is refused.
    * A checkpoint is written to a temporary file, flushed and renamed, so that a kill
      leaves the previous one. It holds tensors and plain data only, and names its network
      in ``meta['network']``, so that :func:`restorekit.load_network` builds it again.
    * ``resume`` without a path takes the newest checkpoint that can be read.
    """

    _load_from: str | None
    _train_dataloader: Any
    #: The checkpoint whose training is continued, if there is one.
    resumed_from: str | None = None
    #: What ``exclude_leaks`` has left out of the training sets.
    excluded_leaks: Sequence[Excluded] = ()

    @classmethod
    def from_cfg(cls, cfg: Any) -> Runner:
        """Build a Runner from a config whose names have been checked.

        Raises:
            ConfigError: If a name in it is not registered, or an argument is unknown.
        """
        check_config(cfg)
        runner: Runner = super().from_cfg(cfg)
        return runner

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """Build the logger, whose console is silent until the run is ready.

        mmengine logs some two hundred lines before anything is checked. Most of them are for the
        log file only.
        """
        logger = super().build_logger(*args, **kwargs)
        self._console = HeldBack(logger)
        return logger

    @contextlib.contextmanager
    def _telling_once(self) -> Iterator[None]:
        """Show what was held back, unless a mistake of the user's ended the preparations."""
        try:
            yield
        except RestoreKitError:
            self._console.forget()
            raise
        finally:
            self._console.release()

    def train(self) -> Any:
        """Train, and say in one sentence if memory does not suffice."""
        read_files_safely()
        use_own_checkpointing()
        with (
            self._telling_once(),
            sole_training(self.work_dir) if is_main_process() else contextlib.nullcontext(),
            naming_lost_processes(),
            naming_memory(
                "Training",
                "lower train_dataloader.total_batch_size (with "
                "optim_wrapper.accumulative_counts, if it is to count as before) or the "
                "patch_size of the pipeline, set activation_checkpointing, or train with "
                "--amp bf16",
            ),
        ):
            return super().train()

    def test(self) -> Any:
        """Test, and say in one sentence if memory does not suffice."""
        read_files_safely()
        with (
            self._telling_once(),
            naming_lost_processes(),
            naming_memory(
                "Testing", "test in parts with --tile auto, or on a device with more memory"
            ),
        ):
            return super().test()

    def val(self) -> Any:
        """Validate."""
        with self._telling_once():
            return super().val()

    def load_or_resume(self) -> None:
        """Load ``load_from``, or resume; a resume that finds nothing starts anew."""
        if is_main_process():
            remove_leftovers(self.work_dir)
        if self._resume and self._load_from is None and not self._has_loaded:
            newest = find_last_good_checkpoint(self.work_dir)
            if newest is None:
                self.logger.info(f"No checkpoint in {self.work_dir} to resume; training starts.")
            else:
                self._load_from = str(newest)
        if self._load_from is not None:
            super().load_or_resume()

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Take up the training of a checkpoint.

        Weights, the optimiser's state and the position come from the checkpoint,
        hyper-parameters and schedules from the config; what differs is logged in one line.

        Args:
            filename: The checkpoint.
            args: Unused, as is every option of mmengine's method.
            kwargs: Unused.

        Raises:
            CheckpointError: If the file holds weights only, or the state of another optimiser.
        """
        checkpoint = read_training_checkpoint(filename)
        meta = checkpoint["meta"]
        if "optimizer" not in checkpoint:
            raise CheckpointError(
                f"{filename} holds weights and no state of a training to resume: start from them "
                "with --load-from."
            )
        averages = any(isinstance(hook, EMAHook) for hook in self.hooks)
        if "ema_state_dict" in checkpoint and not averages:
            use_raw_weights(checkpoint)
            self.logger.warning(
                f"{filename} holds a moving average of the weights, and the config has no EMAHook: "
                "training continues from the weights that were averaged, without an average."
            )
        # Before anything is loaded: a refusal leaves the run as it was.
        changes = load_optimizer(
            self.optim_wrapper, checkpoint["optimizer"], meta.get("optimizer"), filename
        )
        self._load(checkpoint, filename)
        seed = meta.get("seed")
        if seed is not None and seed != self._randomness_cfg.get("seed"):
            if self._randomness_cfg.get("seed") is not None:
                changes.append(f"seed {self._randomness_cfg['seed']} (kept at {seed})")
            self._randomness_cfg.update(seed=seed)
            self.set_randomness(**self._randomness_cfg)
        if "message_hub" in checkpoint:
            self.message_hub.load_state_dict(checkpoint["message_hub"])
        loop: Any = self.train_loop
        if isinstance(loop, ResumableLoop):
            loop.take_up(checkpoint)
        else:
            loop._epoch, loop._iter = meta["epoch"], meta["iter"]
        changes += schedule_changes(self.param_schedulers, checkpoint.get("param_schedulers"))
        self._replay_schedules()
        self.resumed_from = filename
        self.logger.info(f"Resumed {filename} after {self.iter} iterations, in epoch {self.epoch}.")
        if changes:
            self.logger.warning(
                f"The config differs from that of the checkpoint, and counts: {', '.join(changes)}."
            )

    def _replay_schedules(self) -> None:
        """Bring freshly built schedules to where those of a fresh run would be now."""
        replay = ScheduleReplay(self.param_schedulers, self.message_hub.log_scalars)
        loop = self.train_loop
        with warnings.catch_warnings():
            # The optimiser's steps have been taken before.
            warnings.filterwarnings("ignore", "Detected call of `scheduler.step")
            if isinstance(loop, ResumableLoop):
                loop.replay(replay)
            elif isinstance(loop, EpochBasedTrainLoop):
                replay.epochs(loop.epoch, len(loop.dataloader))
            else:
                replay.iterations(loop.iter)

    def load_checkpoint(
        self,
        filename: str,
        map_location: Any = "cpu",
        strict: bool = True,
        revise_keys: Any = None,
    ) -> dict[str, Any]:
        """Load weights (a training checkpoint's or a published network's) into the model.

        Args:
            filename: A ``.pth`` or ``.safetensors`` file.
            map_location: Unused: files are read onto the CPU and copied from there.
            strict: Unused: weights always have to fit.
            revise_keys: Unused: converters rename keys.

        Returns:
            The content of the file.

        Raises:
            CheckpointError: If it cannot be read safely or does not fit.
        """
        checkpoint = read_training_checkpoint(filename)
        self._load(checkpoint, filename)
        return checkpoint

    def _load(self, checkpoint: dict[str, Any], filename: str) -> None:
        """Load the weights of a checkpoint that has been read."""
        self.call_hook("after_load_checkpoint", checkpoint=checkpoint)
        model = self.model.module if is_model_wrapper(self.model) else self.model
        weights = checkpoint["state_dict"]
        if "format" in checkpoint["meta"]:
            # A published network: what else the restorer holds stays as it is.
            others = (item for item in model.state_dict().items() if item[0] not in weights)
            weights |= {name: value for name, value in others if not name.startswith("network.")}
        load_weights(model, weights, filename)
        self._has_loaded = True
        self.logger.info(f"Loaded the checkpoint {filename}")

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader[Any] | dict[str, Any],
        seed: int | None = None,
        diff_rank_seed: bool = False,
    ) -> DataLoader[Any]:
        """Build a data loader.

        ``total_batch_size`` is shared out over the processes. Memory is pinned where there is a
        GPU. Workers run with one thread each, and all processes of a machine together have at
        most as many of them as there are cores.

        Raises:
            DataError: If batches would hold images of several sizes.
            ConfigError: If the processes cannot share the batch evenly, or there is no collate
                function of the given name.
        """
        if isinstance(dataloader, dict):
            dataloader = share_out(dataloader, seed)
        loader: DataLoader[Any] = MMEngineRunner.build_dataloader(dataloader, seed, diff_rank_seed)
        require_one_size(loader)
        require_patches(loader)
        return loader

    def build_message_hub(self, message_hub: dict[str, Any] | None = None) -> MessageHub:
        """Build the record of losses and times, of which only the last ones are kept."""
        hub = super().build_message_hub(message_hub)
        hub._log_scalars = ShortHistories(history_length(self.cfg), hub._log_scalars)
        return hub

    def build_model(self, model: Any) -> Any:
        """Build the model; what its parts refuse is reported with the config's key."""
        with naming_key("model", self.cfg):
            return super().build_model(model)

    def build_optim_wrapper(self, optim_wrapper: Any) -> Any:
        """Build the optimiser; see :meth:`build_model`."""
        with naming_key("optim_wrapper", self.cfg):
            return super().build_optim_wrapper(optim_wrapper)

    def scale_lr(self, optim_wrapper: Any, auto_scale_lr: dict[str, Any] | None = None) -> None:
        """Scale the learning rates by the batch, relative to ``base_batch_size``.

        The linear rule of Goyal et al., "Accurate, Large Minibatch SGD", 2017. The batch is that
        of one step of the optimiser over all processes, ``accumulative_counts`` included; with
        patches that grow, that of the first stage. The new rates are logged, and recorded in
        checkpoints (``message_hub``). Rates that a schedule names, such as ``eta_min``, stay as
        they are.

        Args:
            optim_wrapper: The optimiser.
            auto_scale_lr: ``enable`` and ``base_batch_size``.

        Raises:
            ConfigError: If there is no ``base_batch_size``.
        """
        if not (auto_scale_lr or {}).get("enable"):
            return
        base = (auto_scale_lr or {}).get("base_batch_size")
        if not base:
            raise ConfigError("auto_scale_lr.enable=True needs auto_scale_lr.base_batch_size.")
        wrappers = optim_wrapper.values() if hasattr(optim_wrapper, "values") else [optim_wrapper]
        for wrapper in wrappers:
            batch = self.train_loop.batch * getattr(wrapper, "_accumulative_counts", 1)
            before = sorted({group["lr"] for group in wrapper.param_groups})
            for group in wrapper.param_groups:
                group["lr"] *= batch / base
            after = sorted({group["lr"] for group in wrapper.param_groups})
            self.logger.info(
                f"auto_scale_lr: the learning rate is {_listed(after)} instead of "
                f"{_listed(before)}, for a batch of {batch} instead of {base}."
            )
            self.message_hub.update_info(
                "auto_scale_lr", {"base_batch_size": base, "batch_size": batch, "lr": after}
            )

    def build_param_scheduler(self, scheduler: Any) -> Any:
        """Build the schedules; see :meth:`build_model`."""
        with naming_key("param_scheduler", self.cfg):
            return super().build_param_scheduler(scheduler)

    def build_train_loop(self, loop: Any) -> Any:
        """Build the training loop and its data loader; see :meth:`build_model`."""
        if self.cfg.get("exclude_leaks"):
            self._exclude_leaks()
        with naming_key("train", self.cfg):
            return super().build_train_loop(loop)

    def _exclude_leaks(self) -> None:
        self._train_dataloader, self.excluded_leaks = without_leaks(
            self._train_dataloader, self.cfg, self.work_dir
        )
        for one in self.excluded_leaks:
            self.logger.info(
                f"{one['images']:,} training images of {one['dataset']} show a photograph that is "
                f"validated or tested on, and are left out: {self.work_dir}/{one['file']}."
            )

    def build_val_loop(self, loop: Any) -> Any:
        """Build the validation; see :meth:`build_model`."""
        batch_by_size(self._val_dataloader)
        with naming_key("val", self.cfg):
            built = super().build_val_loop(_with_type(loop, "ValLoop"))
            require_known_best(self.hooks, built)
            return built

    def build_test_loop(self, loop: Any) -> Any:
        """Build the test; see :meth:`build_model`."""
        batch_by_size(self._test_dataloader)
        with naming_key("test", self.cfg):
            return super().build_test_loop(_with_type(loop, "TestLoop"))

    def register_hook(self, hook: Any, priority: Any = None) -> None:
        """Register a hook; see :meth:`build_model`."""
        with naming_key("", self.cfg):
            super().register_hook(hook, priority)

    def build_log_processor(self, log_processor: Any) -> Any:
        """Build what formats the log, which counts as the training loop does."""
        loop = self._train_loop if isinstance(self._train_loop, dict) else {}
        counts_iterations = loop.get("type") in ("IterTrainLoop", "IterBasedTrainLoop")
        if isinstance(log_processor, dict) and counts_iterations:
            log_processor = {"by_epoch": False, **log_processor}
        return super().build_log_processor(log_processor)

    def register_default_hooks(self, hooks: dict[str, Any] | None = None) -> None:
        """Register mmengine's default hooks and those that every run of restorekit needs."""
        own = {
            # Before the seed of the iteration is set: it draws random numbers.
            "gradients": {"type": "GradientCheckHook"},
            "iteration_seed": {"type": "IterationSeedHook"},
            "finite": {"type": "FiniteLossHook"},
            "validation_set": {"type": "ValidationSetHook"},
            "certificate": {"type": "CertificateHook"},
        }
        super().register_default_hooks({**own, **(hooks or {})})

    def save_checkpoint(self, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        """Write a checkpoint in the first process; see mmengine for the arguments."""
        # In all of them: one that stopped alone would leave the others waiting.
        self.call_hook("finish_check")
        if not is_main_process():
            return
        with atomic_path(Path(out_dir) / filename) as temporary:
            super().save_checkpoint(str(temporary.parent), temporary.name, *args, **kwargs)

    def call_hook(self, fn_name: str, **kwargs: Any) -> None:
        """Call the hooks; after the last one has added to a checkpoint, make it plain data."""
        if fn_name in _FIRST_CALLS:
            self._console.release()
        super().call_hook(fn_name, **kwargs)
        if fn_name == "before_save_checkpoint":
            checkpoint = kwargs["checkpoint"]
            meta = checkpoint["meta"]
            if "network" in self.cfg.model:
                meta["network"] = self.cfg.model.network
            meta["optimizer"] = optimizer_names(self.optim_wrapper)
            if "param_schedulers" in checkpoint:
                checkpoint["param_schedulers"] = without_functions(checkpoint["param_schedulers"])
            if isinstance(self.train_loop, ResumableLoop):
                position = self.train_loop.position(meta["epoch"], meta["iter"])
                meta["position"] = dataclasses.asdict(position)
            if self.excluded_leaks:
                meta["excluded_leaks"] = list(self.excluded_leaks)
            plain = to_plain(checkpoint)
            checkpoint.clear()
            checkpoint.update(plain)


def _listed(rates: Sequence[float]) -> str:
    return ", ".join(f"{rate:g}" for rate in rates)


def _with_type(loop: Any, name: str) -> Any:
    """Return the config of a loop with its type; mmengine's own is the default otherwise."""
    return {"type": name, **loop} if isinstance(loop, dict) else loop
