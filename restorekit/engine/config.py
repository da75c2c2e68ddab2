"""Load a config file and apply the options of the command line."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config, ConfigDict

from restorekit.errors import ConfigError, did_you_mean
from restorekit.plugins import load_plugin_file

from .test_sets import expand_test_sets
from .validate import TOP_LEVEL_KEYS

_LOADERS = ("train_dataloader", "val_dataloader", "test_dataloader")


def load_config(
    path: str | Path,
    overrides: Mapping[str, Any] | None = None,
    plugins: Sequence[str] = (),
) -> Config:
    """Read a config file, import plugins, and apply overrides.

    Args:
        path: A ``.py``, ``.yaml`` or ``.json`` file; it is run if it is Python.
        overrides: Values by dotted key, as ``--cfg-options`` gives them.
        plugins: Files of ``--plugin``.

    Raises:
        ConfigError: If the file is missing or cannot be read, or an override does not fit.
    """
    file = Path(path)
    if not file.is_file():
        folder = file.parent
        siblings = [p.name for p in folder.iterdir()] if folder.is_dir() else []
        raise ConfigError(f"There is no config {file}.{did_you_mean(file.name, siblings)}")
    for plugin in plugins:
        load_plugin_file(plugin)
    try:
        # Otherwise yapf formats the whole text at the start and again for every checkpoint.
        config = Config.fromfile(str(file), format_python_code=False)
    except ConfigError:
        raise
    except FileNotFoundError as error:
        raise ConfigError(
            f"The config {file} needs {error.filename or error}, which is not there: paths in "
            "_base_ are relative to the file that names them, and restorekit's `configs` lie in "
            "its repository."
        ) from error
    except Exception as error:
        raise ConfigError(
            f"The config {file} could not be read: {type(error).__name__}: {error}"
        ) from error
    override_config(config, overrides or {})
    expand_test_sets(config)
    return config


def override_config(config: Config, overrides: Mapping[str, Any]) -> None:
    """Change values of a config by dotted key, as ``--cfg-options`` does.

    Raises:
        ConfigError: If an override does not fit.
    """
    if overrides:
        _check_overrides(config, overrides)
        for key, value in overrides.items():
            _override(config, key, value)


def shipped_config(path: str) -> Path:
    """Return the file of one of restorekit's own configs, in a clone or an installed package.

    Args:
        path: Its path in the repository, ``configs/dcsfn/dcsfn_rain200l.py``.

    Raises:
        ConfigError: If it is not installed.
    """
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent, package / ".mim"):
        if (folder / path).is_file():
            return folder / path
    raise ConfigError(f"{path} is not installed: install restorekit again.")


def _override(config: Config, key: str, value: Any) -> None:
    try:
        config.merge_from_dict({key: value})
    except Exception as error:
        raise ConfigError(
            f"--cfg-options {key}={value!r} does not fit into the config: "
            f"{str(error) or type(error).__name__}"
        ) from error


def _check_overrides(config: Config, overrides: Mapping[str, Any]) -> None:
    """Refuse an override whose first part is not a key: it would have no effect."""
    known = {*config.keys(), *TOP_LEVEL_KEYS}
    for key in overrides:
        first = key.split(".", 1)[0]
        if first not in known:
            raise ConfigError(
                f"--cfg-options {key}: the config has no key {first!r}.{did_you_mean(first, known)}"
            )


def set_data_root(config: Config, data_root: str) -> None:
    """Point every dataset of the config to ``data_root``.

    Unlabelled photographs of semi-supervised training stay where the config has them.

    Raises:
        ConfigError: If the datasets of the config do not share one ``data_root``.
    """
    found = [dataset for dataset in _datasets(config, unlabelled=False) if "data_root" in dataset]
    roots = sorted({str(dataset.data_root) for dataset in found})
    if len(roots) != 1:
        raise ConfigError(
            f"--data-root names one folder, and the datasets of this config have "
            f"{len(roots)} ({', '.join(roots) or 'no data_root'}): set them with --cfg-options."
        )
    for dataset in found:
        dataset.data_root = data_root
        # The hint says how to get the data of the config.
        dataset.pop("hint", None)


def skip_broken_data(config: Config) -> None:
    """Let every dataset of the config skip files that it cannot use."""
    for dataset in _datasets(config):
        if not dataset.keys() & {"datasets", "dataset"}:
            dataset.skip_broken = True


def validate_on_test(config: Config) -> None:
    """Let ``config`` train on all training images and validate on the test set.

    That is how most papers select their numbers. Results of the best checkpoint say so. Several
    test sets are validated on in turn, and ``save_best="auto"`` selects on the first one.

    Raises:
        ConfigError: If the config does not validate or has no test set, or ``save_best`` names a
            number of another validation.
    """
    for key in ("test_dataloader", "val_dataloader"):
        if not config.get(key):
            raise ConfigError(f"--validate-on test: the config has no {key}.")
    several = ["dataset" not in config[key] for key in ("val_dataloader", "test_dataloader")]
    checkpoint = (config.get("default_hooks") or {}).get("checkpoint") or {}
    save_best = checkpoint.get("save_best")
    if several != [False, False] and save_best not in (None, "auto"):
        raise ConfigError(
            f"--validate-on test: save_best={save_best!r} names a number of the config's own "
            "validation; set default_hooks.checkpoint.save_best=auto."
        )
    config.val_dataloader = copy.deepcopy(config.test_dataloader)
    if several[0] != several[1]:
        config.val_cfg = {"type": "MultiValLoop"} if several[1] else {}
    for dataset in _datasets(config):
        if (dataset.get("subset") or {}).get("part") == "train":
            dataset.subset = None


def _datasets(config: Config, unlabelled: bool = True) -> Iterator[ConfigDict]:
    """Yield the config of each dataset, including those inside other datasets."""
    loaders = [config[key] for key in _LOADERS if config.get(key) is not None]
    waiting = []
    for loader in loaders:
        # Several validation or test sets have a data loader each.
        waiting += [one.dataset for one in ([loader] if "dataset" in loader else loader.values())]
    while waiting:
        dataset = waiting.pop()
        yield dataset
        waiting.extend(dataset.get("datasets", []))
        if dataset.get("dataset"):
            waiting.append(dataset.dataset)
        if unlabelled and dataset.get("unlabelled"):
            waiting.append(dataset.unlabelled)


def use_auto_scale_lr(config: Config, recipe: Config) -> None:
    """Scale the learning rate by the batch, relative to that of the recipe.

    Args:
        config: The config of this training. Its ``auto_scale_lr.base_batch_size`` comes first.
        recipe: The same config without what the command line changes, whose batch is the recipe's.

    Raises:
        ConfigError: If neither says which batch the learning rate is meant for.
    """
    scaling = config.get("auto_scale_lr") or {}
    base = scaling.get("base_batch_size") or _batch_of(recipe)
    if base is None:
        raise ConfigError(
            "--auto-scale-lr: the config does not say which batch of all processes its learning "
            "rate is for; add auto_scale_lr=dict(base_batch_size=N)."
        )
    config.auto_scale_lr = {**scaling, "base_batch_size": base, "enable": True}


def _batch_of(config: Config) -> int | None:
    """Return the samples of the optimiser's first step over all processes, if the config says."""
    loader = config.get("train_dataloader") or {}
    batch = loader.get("total_batch_size")
    for stage in (loader.get("batch_sampler") or {}).get("stages", [])[:1]:
        batch = stage.get("total_batch_size")
    if batch is None:
        return None
    return int(batch * (config.get("optim_wrapper") or {}).get("accumulative_counts", 1))


def use_amp(config: Config, dtype: str) -> None:
    """Train in mixed precision: ``bf16`` on any device, ``fp16`` on a GPU.

    Raises:
        ConfigError: If ``fp16`` is asked for without a GPU.
    """
    if dtype == "bf16":
        config.optim_wrapper.type = "BFloat16OptimWrapper"
    elif torch.cuda.is_available():
        config.optim_wrapper.type = "AmpOptimWrapper"
        config.optim_wrapper.dtype = "float16"
    else:
        raise ConfigError("--amp fp16 needs a GPU; --amp bf16 runs on CPUs too.")


def method_name(config: Config) -> str:
    """Return the name of the method in results: the config's ``method``, or its network's type."""
    network = config.model.get("network", config.model)
    return str(config.get("method") or network.get("type"))
