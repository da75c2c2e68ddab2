"""Make the config of a training that of a test: its network, metrics and hooks."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.hooks import EarlyStoppingHook, EMAHook, ProfilerHook

from restorekit.checkpoints.network_config import check_network_config
from restorekit.checkpoints.network_file import FORMAT, read_network_file
from restorekit.datasets import UnpairedDataset
from restorekit.errors import ConfigError
from restorekit.hooks.inference_cost import InferenceCostHook
from restorekit.hooks.leak_warning import LeakWarningHook
from restorekit.hooks.metric_history import MetricHistoryHook
from restorekit.metrics.evaluator import RestorationMetric
from restorekit.metrics.measures import DEFAULT_WITHOUT_GT
from restorekit.metrics.plan import Plan
from restorekit.registry import DATASETS, HOOKS, METRICS, MODELS

#: Hooks of a config that a test leaves out. A checkpoint of a training with EMAHook holds the
#: averaged weights as its weights, so they are what is tested.
TRAINING_HOOKS = (EMAHook, EarlyStoppingHook, ProfilerHook, MetricHistoryHook)


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
    """Take what belongs to training out of ``config``, and add the hooks of a test.

    The config's hooks stay, except :data:`TRAINING_HOOKS` and those that a test adds itself.
    """
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
    """Return whether a test leaves a hook out."""
    kind: Any = type(hook)
    if isinstance(hook, Mapping):
        kind = HOOKS.get(hook["type"]) if isinstance(hook["type"], str) else hook["type"]
    return isinstance(kind, type) and issubclass(
        kind, (*TRAINING_HOOKS, LeakWarningHook, InferenceCostHook)
    )
