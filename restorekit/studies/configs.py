"""The complete config of a run with a seed, and how it differs from the one that was trained."""

from __future__ import annotations

import copy
from pathlib import Path

from mmengine.config import Config

from restorekit.certificate.plain import config_changes
from restorekit.engine.config import load_config, override_config, shipped_config
from restorekit.engine.validate import TOP_LEVEL_KEYS, check_config
from restorekit.errors import ConfigError
from restorekit.io.files import atomic_path

from .places import Job
from .records import Run, Study

#: Keys that say where data is, how fast it comes and what is shown, not what is trained or tested.
#: The protocols of a test are those of the tables.
_UNIMPORTANT = {
    *("data_root", "hint", "num_workers", "persistent_workers", "prefetch_factor"),
    *("test_evaluator", "visualizer", "log_level", "work_dir"),
}


def run_config(study: Study, run: Run) -> Config:
    """Return the complete config of a run: its own, the scale's values, then the overrides.

    Raises:
        ConfigError: If a config is missing or cannot be read, an override does not fit, or
            something in the result is not known.
    """
    try:
        config = load_config(_find(study, run.config))
        if study.scale_config:
            config.merge_from_dict(load_config(_find(study, study.scale_config)).to_dict())
        override_config(config, run.overrides)
        check_config(config)
        for key in ("train_dataloader", "train_cfg", "test_dataloader"):
            if not config.get(key):
                raise ConfigError(f"the config has no {key}.")
    except ConfigError as error:
        raise ConfigError(f"{study.file}: runs.{run.name}: {error}") from error
    for key in set(config.keys()) - TOP_LEVEL_KEYS:
        # What other values were made from.
        config.pop(key)
    config.load_from, config.resume = None, False
    config.pop("work_dir", None)
    if run.label:
        config.method = run.label
    return config


def with_seed(config: Config, seed: int) -> Config:
    """Return a copy of a config with a seed."""
    config = copy.deepcopy(config)
    config.randomness = {**(config.get("randomness") or {}), "seed": seed}
    return config


def write_config(config: Config, path: Path) -> None:
    """Write a complete config as a Python file, atomically."""
    with atomic_path(path) as temporary:
        config.dump(str(temporary))


def difference(job: Job, config: Config) -> str:
    """Say how a config differs from that with which a run was started; nothing if it does not."""
    if not job.config.is_file():
        return ""
    started_with = load_config(job.config).to_dict()
    found = list(config_changes(started_with, config.to_dict(), _UNIMPORTANT))
    return f"{found[0]}{f' and {len(found) - 1} more' if len(found) > 1 else ''}" if found else ""


def length(config: Config) -> tuple[str, int]:
    """Return ``iter`` or ``epoch``, and how many of them the training has."""
    loop = config.train_cfg
    unit = "epoch" if loop.get("max_epochs") else "iter"
    return unit, int(loop[f"max_{unit}s"])


def _find(study: Study, path: str) -> Path:
    """Return a config beside the study file, or one of restorekit's own."""
    beside = Path(study.file).parent / path
    return beside if beside.is_file() else shipped_config(path)
