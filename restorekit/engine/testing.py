"""Testing a checkpoint: restore a test set, measure it, and put the results together."""

from __future__ import annotations

import inspect
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import torch
from mmengine.dist import get_world_size, is_main_process
from mmengine.model import is_model_wrapper

from restorekit.checkpoints.io import require_file
from restorekit.checkpoints.network_config import check_network_config
from restorekit.checkpoints.network_file import FORMAT, read_network_file
from restorekit.datasets import UnpairedDataset
from restorekit.errors import CheckpointError, ConfigError
from restorekit.evaluation.results import (
    RAINY_INPUT,
    DatasetRecord,
    MeasuredQuantity,
    Results,
    build_results,
    dataset_record,
    quantity,
)
from restorekit.hooks.inference_cost import InferenceCostHook
from restorekit.hooks.leak_warning import LeakWarningHook
from restorekit.leaks.records import count_leaks
from restorekit.metrics import NIQEMetric, ProtocolMetric
from restorekit.metrics.measures import NIQE
from restorekit.metrics.no_reference import NoReferenceValues
from restorekit.models.complexity import count_parameters, network_cost
from restorekit.registry import DATASETS, MODELS

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


def run_test(
    config: Any,
    checkpoint: str,
    protocols: Sequence[str] = (),
    save_dir: str | None = None,
    niqe_variant: str | None = None,
) -> Outcome | None:
    """Restore and measure the test set of ``config`` with the weights of ``checkpoint``.

    A fresh Runner without the hooks of training does it, so that the averaged weights of
    an EMA, which a checkpoint holds as its weights, are what is measured.

    Args:
        config: The whole config; it is changed.
        checkpoint: A training checkpoint or a published network.
        protocols: Names of protocols instead of the config's.
        save_dir: Folder for the restored images.
        niqe_variant: Which NIQE to measure beside the config's metrics; None for none. A
            test set without ground truth is measured by NIQE in any case.

    Returns:
        The results, on the first process and where something was measured.

    Raises:
        RestoreKitError: If data, checkpoint or config cannot be used.
    """
    _choose_metrics(config, protocols, niqe_variant)
    runner = _build_runner(config, checkpoint, save_dir)
    runner.test()
    metrics = runner.test_evaluator.metrics
    protocol = next((m for m in metrics if isinstance(m, ProtocolMetric)), None)
    niqe = next((m for m in metrics if isinstance(m, NIQEMetric)), None)
    # Where there is ground truth, it is part of what the test set is known by.
    metric = protocol or niqe
    if metric is None or not is_main_process():
        return None
    dataset = dataset_record(
        _dataset_name(config.test_dataloader.dataset), metric.fingerprint, len(metric.digests)
    )
    return Outcome(
        build_results(
            method_name(config),
            _with_leaks(dataset, runner, metric.digests),
            protocol.images if protocol else None,
            measures=_niqe(niqe.values) if niqe else (),
            config=config.filename,
            checkpoint=checkpoint,
            cost=_cost(runner),
            settings=_settings(runner),
        ),
        build_results(
            RAINY_INPUT,
            dataset,
            protocol.input_images if protocol else None,
            measures=_niqe(niqe.input_values) if niqe else (),
        ),
    )


def _with_leaks(dataset: DatasetRecord, runner: Runner, digests: Sequence[str]) -> DatasetRecord:
    """Add what the checkpoint says of the test set having been trained on, and warn of it."""
    known = next(hook for hook in runner.hooks if isinstance(hook, LeakWarningHook)).records
    leaks = count_leaks(known, digests)
    if leaks is None:
        return dataset
    runner.logger.warning(
        f"LEAK: {leaks['test_images']:,} of the {dataset.num_images:,} test images show a "
        "photograph that this checkpoint was trained on; the results file records it."
    )
    return msgspec.structs.replace(dataset, leaks=leaks)


def _niqe(values: NoReferenceValues) -> list[MeasuredQuantity]:
    return [quantity(NIQE, values.images, variant=values.variant, left_out=values.left_out)]


def _choose_metrics(config: Any, protocols: Sequence[str], niqe_variant: str | None) -> None:
    """Set the evaluator of ``config``: what it says, or what was asked for instead.

    Raises:
        ConfigError: If protocols are asked for, and the test set has no ground truth.
    """
    evaluators = config.get("test_evaluator") or []
    evaluators = list(evaluators) if isinstance(evaluators, list) else [evaluators]
    if protocols:
        evaluators = [{"type": "ProtocolMetric", "protocols": list(protocols)}]
    if _is_unpaired(config.test_dataloader.dataset):
        if protocols:
            raise ConfigError(
                f"--protocol {protocols[0]} compares with clean images, but the test set "
                f"({config.test_dataloader.dataset.type}) has none; leave the option out, and NIQE "
                "is measured."
            )
        evaluators = [one for one in evaluators if one.get("type") != "ProtocolMetric"]
        niqe_variant = niqe_variant or "matlab_gray"
    if niqe_variant and not any(one.get("type") == "NIQEMetric" for one in evaluators):
        evaluators.append({"type": "NIQEMetric", "variant": niqe_variant})
    for evaluator in evaluators:
        if evaluator.get("type") in {"ProtocolMetric", "NIQEMetric"}:
            evaluator["measure_input"] = True
    config.test_evaluator = evaluators


def _is_unpaired(dataset: Any) -> bool:
    kind = DATASETS.get(dataset.type)
    return isinstance(kind, type) and issubclass(kind, UnpairedDataset)


def _build_runner(config: Any, checkpoint: str, save_dir: str | None) -> Runner:
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
