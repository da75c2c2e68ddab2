"""Testing a checkpoint: restore a test set, measure it, and put the results together."""

from __future__ import annotations

import inspect
import math
import numbers
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from mmengine.dist import all_gather_object, get_world_size, is_main_process
from mmengine.hooks import EarlyStoppingHook, EMAHook, Hook, ProfilerHook
from mmengine.model import is_model_wrapper

from restorekit.checkpoints.io import require_file
from restorekit.checkpoints.network_config import check_network_config
from restorekit.checkpoints.network_file import FORMAT, read_network_file
from restorekit.datasets import UnpairedDataset
from restorekit.errors import CheckpointError, ConfigError, OutputError
from restorekit.evaluation.results import (
    RAINY_INPUT,
    DatasetRecord,
    Results,
    build_results,
    dataset_record,
    quantity,
)
from restorekit.hooks.inference_cost import InferenceCostHook
from restorekit.hooks.leak_warning import LeakWarningHook
from restorekit.hooks.metric_history import MetricHistoryHook
from restorekit.hooks.validation_set import selected_on, validated_on
from restorekit.leaks.records import count_leaks
from restorekit.metrics.evaluator import RestorationMetric
from restorekit.metrics.measures import DEFAULT_WITHOUT_GT
from restorekit.metrics.plan import Plan
from restorekit.models.complexity import count_parameters, network_cost
from restorekit.registry import DATASETS, HOOKS, METRICS, MODELS

from .config import method_name
from .runner import Runner, find_last_good_checkpoint

#: Hooks of a config that a test leaves out. A checkpoint of a training with EMAHook holds the
#: averaged weights as its weights, so they are what is tested.
TRAINING_HOOKS = (EMAHook, EarlyStoppingHook, ProfilerHook, MetricHistoryHook)


@dataclass(frozen=True)
class Outcome:
    """What a test gives.

    Attributes:
        results: The results of the method.
        rainy_input: Those of its unrestored input.
        unsaved: What restored images could not be written, and why; None if all were.
    """

    results: Results
    rainy_input: Results
    unsaved: str | None = None


def find_checkpoint(path: str | os.PathLike[str]) -> Path:
    """Return the checkpoint file that ``path`` names, or the last good one of a folder.

    Raises:
        CheckpointError: If there is none.
    """
    if not Path(path).is_dir():
        return require_file(path)
    found = find_last_good_checkpoint(path)
    if found is None:
        raise CheckpointError(
            f"The folder {path} holds no checkpoint that can be read; give the path of one."
        )
    return found


def take_network(config: Any, checkpoint: str) -> list[str]:
    """Let ``config`` build the network that a published or converted checkpoint is of.

    Such a file says what network it holds, and the weights alone would often fit another one
    too: with fewer stages, or one that predicts an image where this one predicts a residual.
    Training checkpoints belong to their config and change nothing.

    Args:
        config: The whole config; its ``model.network`` is changed.
        checkpoint: The checkpoint file.

    Returns:
        The parameters of the network that were not as the config has them.

    Raises:
        CheckpointError: If the file cannot be read, or names what is not registered.
    """
    _, meta = read_network_file(checkpoint)
    if meta.get("format") != FORMAT or not isinstance(config.model.get("network"), Mapping):
        return []
    check_network_config(meta["network"], checkpoint)
    theirs, ours = (_with_defaults(network) for network in (meta["network"], config.model.network))
    differing = sorted(key for key in {*theirs, *ours} if theirs.get(key) != ours.get(key))
    if differing:
        config.model.network = meta["network"]
    return differing


def _with_defaults(network: Mapping[str, Any]) -> dict[str, Any]:
    """Return a network's config with the values of what it leaves out."""
    built = MODELS.get(network["type"])
    parameters = inspect.signature(built).parameters if built is not None else {}
    defaults = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty
    }
    return {**defaults, **network}


def require_test_sets(configs: Mapping[str, Any]) -> None:
    """Read each test set's list of images, so that a missing one is reported before any is tested.

    Args:
        configs: The whole config of each test set, by name.

    Raises:
        RestoreKitError: If images are missing or cannot be used.
    """
    for config in configs.values():
        DATASETS.build(config.test_dataloader.dataset)


def run_test(
    config: Any,
    checkpoint: str,
    protocols: Sequence[str] = (),
    save_dir: str | None = None,
    measures: Sequence[str] = (),
) -> Outcome | None:
    """Restore and measure the test set of ``config`` with the weights of ``checkpoint``.

    Args:
        config: The whole config; it is changed.
        checkpoint: A training checkpoint or a published network.
        protocols: Names of protocols instead of the config's.
        save_dir: Folder for the restored images.
        measures: Measures (``name`` or ``name:variant``) to take beside the config's metrics.
            Without ground truth and without any of them, NIQE is taken.

    Returns:
        The results, on the first process and where something was measured.

    Raises:
        RestoreKitError: If data, checkpoint or config cannot be used.
    """
    return TestRun(config, checkpoint, protocols, save_dir, measures).run()


class TestRun:
    """A test, from its config to its results.

    The hooks of the config run too, so that a plugin's hook sees the test. Hooks that only make
    sense in a training are left out (:data:`TRAINING_HOOKS`).

    Args:
        config: See :func:`run_test`, as for the rest.
        checkpoint: The checkpoint.
        protocols: Names of protocols.
        save_dir: Folder for the restored images.
        measures: Measures.

    Attributes:
        runner: The Runner.
        cost: Measures time and memory.
        leaks: Knows what the checkpoint says of leaks.
        metrics: The metrics of the config that measure image by image.
    """

    # Not a class of tests.
    __test__ = False

    def __init__(
        self,
        config: Any,
        checkpoint: str,
        protocols: Sequence[str] = (),
        save_dir: str | None = None,
        measures: Sequence[str] = (),
    ) -> None:
        self.config, self.checkpoint = config, checkpoint
        self.cost, self.leaks = InferenceCostHook(), LeakWarningHook()
        self._training = _TrainingHook()
        self._validated_on = validated_on(config) if _is_selected(checkpoint) else None
        choose_metrics(config, protocols, measures)
        prepare_config(config, checkpoint, save_dir)
        self.runner = Runner.from_cfg(config)
        for hook in (self.cost, self.leaks, self._training):
            self.runner.register_hook(hook)
        found = self.runner.test_loop.evaluator.metrics if config.test_evaluator else []
        self.metrics = [metric for metric in found if isinstance(metric, RestorationMetric)]

    def run(self) -> Outcome | None:
        """Run the test; return the results on the first process, None if nothing was measured.

        Raises:
            OutputError: If images could not be written and nothing was measured.
            RestoreKitError: If data, checkpoint or config cannot be used.
        """
        logged = self.runner.test()
        unsaved = self._unsaved()
        if unsaved and not self.metrics:
            raise OutputError(unsaved)
        if not self.metrics or not is_main_process():
            return None
        metric = self.metrics[0]
        dataset = dataset_record(
            _dataset_name(self.config.test_dataloader.dataset),
            metric.fingerprint,
            len(metric.digests),
        )
        return Outcome(
            build_results(
                method_name(self.config),
                self._with_leaks(dataset, metric.digests),
                measures=[quantity(v) for one in self.metrics for v in one.values.values()],
                scalars=self._scalars(logged),
                config=self.config.filename,
                checkpoint=self.checkpoint,
                seed=self._training.seed,
                selected_on=self._selected_on(metric.digests),
                cost=self._cost(),
                settings=self._settings(),
            ),
            build_results(
                RAINY_INPUT,
                dataset,
                measures=[quantity(v) for one in self.metrics for v in one.input_values.values()],
            ),
            unsaved,
        )

    def _unsaved(self) -> str | None:
        """Return which images could not be written, by any process, and why."""
        hooks = [hook for hook in self.runner.hooks if hasattr(hook, "unsaved")]
        own = [(hook.unsaved.count, str(hook.unsaved.first)) for hook in hooks]
        found = [one for each in all_gather_object(own) for one in each if one[0]]
        if not found:
            return None
        images = f"{sum(count for count, _ in found):,} restored images could not be written"
        return f"{images}; the first: {found[0][1]}"

    def _selected_on(self, digests: Sequence[str]) -> str | None:
        """Return on what the checkpoint was selected as the best, as far as that is known.

        The checkpoint names the images of its validation; one that does not is taken to be of the
        config.

        Args:
            digests: Those of the test images.
        """
        if not _is_selected(self.checkpoint):
            return None
        return selected_on(self._training.said, digests) or self._validated_on

    def _scalars(self, logged: Mapping[str, Any]) -> dict[str, float]:
        """Return the numbers of metrics that are not ours."""
        ours = {
            "/".join(filter(None, [metric.prefix, kind, key]))
            for metric in self.metrics
            for kind in ("", "input")
            for key in metric.plan.quantities
        }
        return {
            key: float(value)
            for key, value in logged.items()
            if key not in ours
            and (isinstance(value, numbers.Real) or getattr(value, "size", None) == 1)
            and math.isfinite(value)
        }

    def _with_leaks(self, dataset: DatasetRecord, digests: Sequence[str]) -> DatasetRecord:
        """Add what the checkpoint says of the test set having been trained on; warn of it."""
        leaks = count_leaks(self.leaks.records, digests)
        if leaks is None:
            return dataset
        self.runner.logger.warning(
            f"LEAK: {leaks['test_images']:,} of the {dataset.num_images:,} test images show a "
            "photograph that this checkpoint was trained on; the results file records it."
        )
        return msgspec.structs.replace(dataset, leaks=leaks)

    def _cost(self) -> dict[str, Any]:
        model = self.runner.model
        model = model.module if is_model_wrapper(model) else model
        # A user's own model need not have a network that takes an image alone.
        network = getattr(model, "network", None)
        cost = network_cost(network) if network else {"parameters": count_parameters(model)}
        return {
            **cost,
            "seconds_per_image": self.cost.seconds_per_image,
            "peak_memory_mb": self.cost.peak_memory_mb,
        }

    def _settings(self) -> dict[str, Any]:
        parameter = next(self.runner.model.parameters())
        device = parameter.device
        return {
            "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
            "dtype": str(parameter.dtype).removeprefix("torch."),
            **getattr(self.runner.test_loop, "settings", {"tile": None, "ensemble": False}),
            "processes": get_world_size(),
            "threads": torch.get_num_threads(),
        }


class _TrainingHook(Hook):
    """Notes what the checkpoint says of its training, and the seed of it."""

    seed: int | None = None

    def __init__(self) -> None:
        self.said: dict[str, Any] = {}

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        self.said = {"meta": checkpoint.get("meta", {})}
        seed = self.said["meta"].get("seed")
        self.seed = seed if isinstance(seed, int) else None


def choose_metrics(config: Any, protocols: Sequence[str], measures: Sequence[str]) -> None:
    """Set the evaluator of ``config`` to what it says and what was asked for.

    Args:
        config: The whole config; its ``test_evaluator`` becomes a list.
        protocols: Protocols in place of the config's.
        measures: Measures beside the config's.

    Raises:
        ConfigError: If something asked for needs ground truth, and the test set has none.
    """
    evaluators = config.get("test_evaluator") or []
    evaluators = list(evaluators) if isinstance(evaluators, (list, tuple)) else [evaluators]
    ours = [one for one in evaluators if _is_ours(one)]
    others = [one for one in evaluators if not _is_ours(one)]
    if protocols:
        ours = [one for one in ours if not one.pop("protocols", None) or one.get("measures")]
        ours.insert(0, {"type": "RestorationMetric", "protocols": list(protocols)})
    built = [METRICS.build(dict(one)).plan for one in ours]
    taken = {key for plan in built for key in plan.quantities}
    added = [one for one in measures if not taken & set(Plan((), [one]).quantities)]
    dataset = config.test_dataloader.dataset
    if _is_unpaired(dataset):
        needing = Plan(protocols, added).needing_gt()
        if needing:
            raise ConfigError(
                f"{needing} compares with clean images, but the test set ({dataset.type}) has "
                f"none; leave the option out, and {DEFAULT_WITHOUT_GT} is measured."
            )
        ours = [one for one, plan in zip(ours, built, strict=True) if not plan.needing_gt()]
        if not ours and not added:
            added = [DEFAULT_WITHOUT_GT]
    if added or (others and not ours):
        ours.append({"type": "RestorationMetric", "measures": added})
    for one in ours:
        one["measure_input"] = True
    config.test_evaluator = [*ours, *others]


def _is_ours(evaluator: Any) -> bool:
    name = evaluator.get("type") if isinstance(evaluator, Mapping) else None
    if name in ("ProtocolMetric", "NIQEMetric"):
        return True
    found = METRICS.get(name) if isinstance(name, str) and "." not in name else name
    return isinstance(found, type) and issubclass(found, RestorationMetric)


def _is_unpaired(dataset: Any) -> bool:
    kind = DATASETS.get(dataset.type)
    return isinstance(kind, type) and issubclass(kind, UnpairedDataset)


def prepare_config(config: Any, checkpoint: str, save_dir: str | None) -> None:
    """Take what belongs to training out of ``config``, and add the hooks of a test."""
    config.load_from, config.resume = checkpoint, False
    for key in ("train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler"):
        config[key] = None
    for key in ("val_dataloader", "val_cfg", "val_evaluator"):
        config[key] = None
    if "compile" in config.model:
        config.model.compile = False
    hooks = [hook for hook in config.get("custom_hooks") or [] if not _only_for_training(hook)]
    present = {hook.get("type") for hook in hooks if isinstance(hook, Mapping)}
    shown = ("RestoredImagesHook", "ProgressBarHook")
    hooks += [{"type": name} for name in shown if name not in present]
    if save_dir:
        hooks.append({"type": "SaveRestoredHook", "out_dir": save_dir})
    config.custom_hooks = hooks
    config.default_hooks = {
        **(config.get("default_hooks") or {}),
        "checkpoint": None,
        "logger": {"type": "LoggerHook", "interval": 50},
    }


def _only_for_training(hook: Any) -> bool:
    """Whether a test leaves a hook out; it has a LeakWarningHook of its own."""
    kind: Any = type(hook)
    if isinstance(hook, Mapping):
        kind = HOOKS.get(hook["type"]) if isinstance(hook["type"], str) else hook["type"]
    return isinstance(kind, type) and issubclass(
        kind, (*TRAINING_HOOKS, LeakWarningHook, InferenceCostHook)
    )


def _is_selected(checkpoint: str) -> bool:
    """Whether a checkpoint was selected as the best one; mmengine calls those ``best_…``."""
    return Path(checkpoint).name.startswith("best_")


def _dataset_name(dataset: Any) -> str:
    """Return the name of the folder or LMDB that the images come from."""
    root = dataset.get("data_root")
    return Path(root).stem if root else str(dataset.type)
