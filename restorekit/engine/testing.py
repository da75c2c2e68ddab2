"""Testing a checkpoint: restore a test set, measure it, and put the results together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from mmengine.dist import get_world_size, is_main_process
from mmengine.model import is_model_wrapper

from restorekit.checkpoints.io import require_file
from restorekit.errors import CheckpointError
from restorekit.hooks.inference_cost import InferenceCostHook
from restorekit.hooks.leak_warning import LeakWarningHook
from restorekit.leaderboard.dataset_record import dataset_record
from restorekit.leaderboard.leaks import count_leaks
from restorekit.leaderboard.results import RAINY_INPUT, DatasetRecord, Results, build_results
from restorekit.metrics import ProtocolMetric
from restorekit.models.complexity import count_parameters, network_cost

from .config import method_name
from .runner import Runner, find_last_good_checkpoint


@dataclass(frozen=True)
class Outcome:
    """What a test gives: the results of the method, and those of its unrestored input."""

    results: Results
    rainy_input: Results


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


def run_test(
    config: Any,
    checkpoint: str,
    protocols: Sequence[str] = (),
    save_dir: str | None = None,
) -> Outcome | None:
    """Restore and measure the test set of ``config`` with the weights of ``checkpoint``.

    A fresh Runner without the hooks of training does it, so that the averaged weights of
    an EMA, which a checkpoint holds as its weights, are what is measured.

    Args:
        config: The whole config; it is changed.
        checkpoint: A training checkpoint or a published network.
        protocols: Names of protocols instead of the config's.
        save_dir: Folder for the restored images.

    Returns:
        The results, on the first process and where something was measured.

    Raises:
        RestoreKitError: If data, checkpoint or config cannot be used.
    """
    runner = _build_runner(config, checkpoint, protocols, save_dir)
    runner.test()
    metric = next((m for m in runner.test_evaluator.metrics if isinstance(m, ProtocolMetric)), None)
    if metric is None or not is_main_process():
        return None
    dataset = dataset_record(
        _dataset_name(config.test_dataloader.dataset),
        metric.fingerprint,
        len(next(iter(metric.images.values()))["psnr"]),
    )
    return Outcome(
        build_results(
            method_name(config),
            _with_leaks(dataset, runner, metric.digests),
            metric.images,
            config=config.filename,
            checkpoint=checkpoint,
            cost=_cost(runner),
            settings=_settings(runner),
        ),
        build_results(RAINY_INPUT, dataset, metric.input_images),
    )


def _with_leaks(dataset: DatasetRecord, runner: Runner, digests: Sequence[str]) -> DatasetRecord:
    """Add what the checkpoint says of the test set having been trained on, and warn of it."""
    known = next(hook for hook in runner.hooks if isinstance(hook, LeakWarningHook)).records
    leaks = count_leaks(known, digests)
    if leaks is None:
        return dataset
    runner.logger.warning(
        f"LEAK: {leaks['test_images']:,} of the {dataset['num_images']:,} test images show a "
        "photograph that this checkpoint was trained on; the results file records it."
    )
    return {**dataset, "leaks": leaks}


def _build_runner(
    config: Any, checkpoint: str, protocols: Sequence[str], save_dir: str | None
) -> Runner:
    config.load_from, config.resume = checkpoint, False
    for key in ("train_dataloader", "train_cfg", "optim_wrapper", "param_scheduler"):
        config[key] = None
    for key in ("val_dataloader", "val_cfg", "val_evaluator"):
        config[key] = None
    if "compile" in config.model:
        config.model.compile = False
    config.custom_hooks = [
        {"type": "RestoredImagesHook"},
        {"type": "ProgressBarHook"},
        {"type": "InferenceCostHook"},
        {"type": "LeakWarningHook"},
    ]
    if save_dir:
        config.custom_hooks.append({"type": "SaveRestoredHook", "out_dir": save_dir})
    config.default_hooks = {
        "checkpoint": None,
        "logger": {"type": "LoggerHook", "interval": 50},
    }
    if protocols:
        config.test_evaluator = {"type": "ProtocolMetric", "protocols": list(protocols)}
    elif not config.get("test_evaluator"):
        config.test_evaluator = []
    evaluators = config.test_evaluator
    for evaluator in evaluators if isinstance(evaluators, list) else [evaluators]:
        if evaluator.get("type") == "ProtocolMetric":
            evaluator["measure_input"] = True
    return Runner.from_cfg(config)


def _cost(runner: Runner) -> Any:
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    measured = next(hook for hook in runner.hooks if isinstance(hook, InferenceCostHook))
    # A model of one's own need not have a network that takes an image alone.
    network = getattr(model, "network", None)
    cost = network_cost(network) if network else {"parameters": count_parameters(model)}
    return {
        **cost,
        "seconds_per_image": measured.seconds_per_image,
        "peak_memory_mb": measured.peak_memory_mb,
    }


def _settings(runner: Runner) -> dict[str, Any]:
    parameter = next(runner.model.parameters())
    device = parameter.device
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "dtype": str(parameter.dtype).removeprefix("torch."),
        "tile": None,
        "ensemble": False,
        "processes": get_world_size(),
        "threads": torch.get_num_threads(),
    }


def _dataset_name(dataset: Any) -> str:
    """Return the name of the folder or LMDB that the images come from."""
    root = dataset.get("data_root")
    return Path(root).stem if root else str(dataset.type)
