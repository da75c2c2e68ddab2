"""Testing a checkpoint: restore a test set, measure it, and put the results together."""

from __future__ import annotations

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
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper

from restorekit.checkpoints.io import require_file
from restorekit.errors import CheckpointError, OutputError
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
from restorekit.hooks.validation_set import selected_on, validated_on
from restorekit.leaks.records import count_leaks
from restorekit.metrics.evaluator import RestorationMetric
from restorekit.models.complexity import count_parameters, network_cost
from restorekit.registry import DATASETS

from .config import method_name
from .runner import Runner
from .testing_config import choose_metrics, prepare_config
from .training_checkpoints import find_last_good_checkpoint


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
    sense in a training are left out, see :func:`prepare_config`.

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


def _is_selected(checkpoint: str) -> bool:
    """Whether a checkpoint was selected as the best one; mmengine calls those ``best_…``."""
    return Path(checkpoint).name.startswith("best_")


def _dataset_name(dataset: Any) -> str:
    """Return the name of the folder or LMDB that the images come from."""
    root = dataset.get("data_root")
    return Path(root).stem if root else str(dataset.type)
