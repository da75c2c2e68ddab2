"""mmengine's Runner with checkpoints that are safe to load and never half-written."""

from __future__ import annotations

import logging
import os
import re
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_world_size, is_main_process, master_only
from mmengine.model import is_model_wrapper
from mmengine.registry import RUNNERS
from mmengine.runner import Runner as MMEngineRunner
from torch.utils.data import DataLoader

from restorekit.checkpoints.io import load_file
from restorekit.checkpoints.network_config import load_weights
from restorekit.checkpoints.network_file import read_network_file
from restorekit.checkpoints.plain import from_plain, to_plain
from restorekit.datasets import collate_samples
from restorekit.errors import CheckpointError, ConfigError
from restorekit.io.files import atomic_path, remove_leftovers

from .schedules import catch_up, keep_config_of
from .validate import check_config

_logger = logging.getLogger(__name__)


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

    @classmethod
    def from_cfg(cls, cfg: Any) -> Runner:
        """Build a Runner from a config whose names have been checked.

        Raises:
            ConfigError: If a name in it is not registered, or an argument is unknown.
        """
        check_config(cfg)
        runner: Runner = super().from_cfg(cfg)
        return runner

    def load_or_resume(self) -> None:
        """Load ``load_from``, or resume; a resume that finds nothing starts anew."""
        if is_main_process():
            remove_leftovers(self.work_dir)
        if self._resume and self._load_from is None and not self._has_loaded:
            newest = find_last_good_checkpoint(self.work_dir)
            if newest is None:
                self.logger.info(f"No checkpoint in {self.work_dir} to resume; training starts.")
                return
            self._load_from = str(newest)
        super().load_or_resume()

    def resume(self, filename: str, *args: Any, **kwargs: Any) -> None:
        """Take up the training of a checkpoint; see mmengine for the arguments.

        Raises:
            CheckpointError: If the file holds weights only.
        """
        if "optimizer" not in read_training_checkpoint(filename):
            raise CheckpointError(
                f"{filename} holds weights and no state of a training to resume: start from them "
                "with --load-from."
            )
        super().resume(filename, *args, **kwargs)
        groups = self.param_schedulers or []
        for schedulers in groups.values() if isinstance(groups, dict) else [groups]:
            catch_up(schedulers)

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
        self.call_hook("after_load_checkpoint", checkpoint=checkpoint)
        model = self.model.module if is_model_wrapper(self.model) else self.model
        weights = checkpoint["state_dict"]
        if "format" in checkpoint["meta"]:
            # A published network: what else the restorer holds stays as it is.
            others = (item for item in model.state_dict().items() if item[0] not in weights)
            weights |= {name: value for name, value in others if not name.startswith("network.")}
        load_weights(model, weights, filename)
        if self._resume:
            keep_config_of(self.param_schedulers, checkpoint)
        self._has_loaded = True
        self.logger.info(f"Loaded the checkpoint {filename}")
        return checkpoint

    @staticmethod
    def build_dataloader(
        dataloader: DataLoader[Any] | dict[str, Any],
        seed: int | None = None,
        diff_rank_seed: bool = False,
    ) -> DataLoader[Any]:
        """Build a data loader; ``total_batch_size`` is shared out over the processes.

        Memory is pinned where there is a GPU, and there are at most as many workers as cores.
        ``default_collate`` is done by our datasets themselves where they can.

        Raises:
            ConfigError: If the processes cannot share it evenly.
        """
        if isinstance(dataloader, dict) and "total_batch_size" in dataloader:
            dataloader = dict(dataloader)
            total, processes = dataloader.pop("total_batch_size"), get_world_size()
            if "batch_size" not in dataloader:
                if total % processes:
                    raise ConfigError(
                        f"total_batch_size={total} cannot be shared by {processes} processes: "
                        "choose a multiple, or set the data loader's batch_size (per process), "
                        "which goes before it."
                    )
                dataloader["batch_size"] = total // processes
        if isinstance(dataloader, dict):
            dataloader = {"pin_memory": torch.cuda.is_available(), **dataloader}
            # More workers than cores only wait; what they load does not depend on their number.
            workers = min(dataloader.get("num_workers", 0), os.cpu_count() or 1)
            dataloader["num_workers"] = workers
            dataloader["persistent_workers"] = bool(
                workers and dataloader.get("persistent_workers")
            )
            if dataloader.get("collate_fn") == {"type": "default_collate"}:
                dataloader["collate_fn"] = {"type": collate_samples}
        loader: DataLoader[Any] = MMEngineRunner.build_dataloader(dataloader, seed, diff_rank_seed)
        return loader

    def build_log_processor(self, log_processor: Any) -> Any:
        """Build what formats the log, which counts as the training loop does."""
        loop = self._train_loop if isinstance(self._train_loop, dict) else {}
        counts_iterations = loop.get("type") in ("IterTrainLoop", "IterBasedTrainLoop")
        if isinstance(log_processor, dict) and counts_iterations:
            log_processor = {"by_epoch": False, **log_processor}
        return super().build_log_processor(log_processor)

    def register_default_hooks(self, hooks: dict[str, Any] | None = None) -> None:
        """Register mmengine's default hooks and those that every run of ours needs."""
        own = {
            "iteration_seed": {"type": "IterationSeedHook"},
            "finite": {"type": "FiniteLossHook"},
        }
        super().register_default_hooks({**own, **(hooks or {})})

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        """Write a checkpoint; see mmengine for the arguments."""
        with atomic_path(Path(out_dir) / filename) as temporary:
            super().save_checkpoint(str(temporary.parent), temporary.name, *args, **kwargs)

    def call_hook(self, fn_name: str, **kwargs: Any) -> None:
        """Call the hooks; after the last one has added to a checkpoint, make it plain data."""
        super().call_hook(fn_name, **kwargs)
        if fn_name == "before_save_checkpoint":
            checkpoint = kwargs["checkpoint"]
            if "network" in self.cfg.model:
                checkpoint["meta"]["network"] = self.cfg.model.network
            plain = to_plain(checkpoint)
            checkpoint.clear()
            checkpoint.update(plain)


def read_training_checkpoint(filename: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a checkpoint of ours, safely, in the form that the Runner expects.

    A published network is taken too: its weights are those of the restorer's network.

    Raises:
        CheckpointError: If it cannot be read safely or is no checkpoint of ours.
    """
    content: Any = None
    if not str(filename).endswith(".safetensors"):
        content = load_file(filename)
    if content is None or (isinstance(content, dict) and "format" in content.get("meta", {})):
        weights, meta = read_network_file(filename)
        prefixed = {f"network.{key}": value for key, value in weights.items()}
        return {"state_dict": prefixed, "meta": meta}
    if not isinstance(content, dict) or not {"state_dict", "meta"} <= content.keys():
        raise CheckpointError(
            f"{filename} is not a checkpoint of restorekit: `restorekit convert` reads those of "
            "methods' authors."
        )
    # mmengine's resume runs this text as Python.
    content["meta"].pop("config", None)
    if "message_hub" in content:
        content["message_hub"] = from_plain(content["message_hub"])
    return content


def find_last_good_checkpoint(work_dir: str | os.PathLike[str]) -> Path | None:
    """Return the checkpoint with the highest iteration or epoch that can be read, if any.

    The best one by a metric counts too, where the others are gone. One that cannot be read
    is named in a warning.

    Raises:
        CheckpointError: If there are checkpoints and none of them can be read, so that a
            training does not start anew over them.
    """

    def number(path: Path) -> int:
        found = re.fullmatch(r"(?:best_.*_)?(?:iter|epoch)_(\d+)", path.stem)
        return int(found.group(1)) if found else -1

    candidates = [path for path in Path(work_dir).glob("*_*.pth") if number(path) >= 0]
    unreadable: CheckpointError | None = None
    for path in sorted(candidates, key=lambda p: (number(p), p.stem[0] != "b"), reverse=True):
        try:
            read_training_checkpoint(path)
        except CheckpointError as error:
            unreadable = unreadable or error
            _logger.warning("A checkpoint is passed over: %s", error)
            continue
        return path
    if unreadable is not None:
        raise CheckpointError(
            f"None of the {len(candidates)} checkpoints in {work_dir} can be read; the newest: "
            f"{unreadable} Train in another --work-dir, or move them away."
        )
    return None
