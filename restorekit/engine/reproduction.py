"""Check the certificate of a training, and train it again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.utils import import_modules_from_strings

from restorekit.certificate import Certificate
from restorekit.certificate.check import (
    Difference,
    check_environment,
    check_files,
    check_images,
    check_record,
    refuse,
)
from restorekit.certificate.collect import image_sets, plugin_packages
from restorekit.certificate.plain import config_from_json
from restorekit.certificate.record import ImageSet
from restorekit.checkpoints.io import load_file
from restorekit.errors import ConfigError, RestoreKitError
from restorekit.evaluation.environment import collect_environment
from restorekit.hooks.leak_warning import evaluation_datasets, readers_of
from restorekit.io.threads import usable_cores
from restorekit.plugins import load_plugin_file
from restorekit.registry import DATASETS

from .distributed import is_first_process, prepare_distributed, wait_for_all
from .leak_exclusion import without_leaks
from .runner import Runner
from .work_folder import sole_training


def check_all(certificate: Certificate, work_dir: Path) -> list[Difference]:
    """Return everything that is not as the certificate says, in the order of its parts.

    The data are read completely. They are not read where what is recorded does not suffice.

    Args:
        certificate: The certificate.
        work_dir: The work folder of the run, with its checkpoints, if they are still there.
    """
    content = final_checkpoint(certificate, work_dir)
    seed = None if content is None else content["meta"].get("seed")
    found = [
        *check_record(certificate, seed),
        *check_files(certificate, plugin_packages()),
        *check_environment(certificate, collect_environment(), usable_cores()),
    ]
    if not any(one.refused for one in found):
        found += _check_data(certificate)
    return found


def final_checkpoint(certificate: Certificate, work_dir: Path) -> dict[str, Any] | None:
    """Return the content of the run's last checkpoint; None if it is not there.

    Raises:
        CheckpointError: If the file cannot be read.
    """
    name = certificate.outcome.checkpoint if certificate.outcome is not None else ""
    if not name or not (work_dir / Path(name).name).is_file():
        return None
    content: dict[str, Any] = load_file(work_dir / Path(name).name)
    return content


def train_again(certificate: Certificate, work_dir: Path, launcher: str = "none") -> None:
    """Train as a certificate says, in this process; each process of several calls it.

    Args:
        certificate: The certificate.
        work_dir: A new work folder.
        launcher: What started the processes.
    """
    config = _config_of(certificate)
    config.work_dir = str(work_dir)
    # Runs of one name would share a log.
    config.experiment_name = work_dir.name
    if certificate.start is not None:
        config.load_from = certificate.start.path
    torch.set_num_threads(certificate.legs[-1].threads)
    prepare_distributed(config, launcher)
    with sole_training(work_dir) if is_first_process() else contextlib.nullcontext():
        Runner.from_cfg(config).train()
        wait_for_all()


def start_processes(arguments: list[str], processes: int, threads: int) -> int:
    """Run a command of restorekit in several processes, and return its exit status.

    Args:
        arguments: The command and its arguments; ``--launcher pytorch`` is added.
        processes: Number of processes.
        threads: Threads of each.
    """
    launcher = ["-m", "restorekit.engine.launch", "--standalone", "--nproc-per-node"]
    command = [*launcher, str(processes), "-m", "restorekit.cli", *arguments]
    return subprocess.run(  # noqa: S603  this program
        [sys.executable, *command, "--launcher", "pytorch"],
        env={**os.environ, "OMP_NUM_THREADS": str(threads)},
        check=False,
    ).returncode


def _config_of(certificate: Certificate) -> Config:
    """Return the config; its plugins are imported.

    Raises:
        ConfigError: If a plugin cannot be imported.
    """
    for plugin in certificate.plugins:
        load_plugin_file(plugin.path)
    config = Config(config_from_json(certificate.config), format_python_code=False)
    imports = config.get("custom_imports")
    if imports:
        try:
            import_modules_from_strings(**imports)
        except ImportError as error:
            raise ConfigError(
                f"custom_imports: {error}: install it, or go to its folder."
            ) from error
    config.load_from, config.resume = None, False
    return config


def _check_data(certificate: Certificate) -> Iterator[Difference]:
    config = _config_of(certificate)
    parts: Mapping[str, list[ImageSet]] = {
        "training": certificate.training,
        "validation": certificate.validation,
    }
    for what, was in parts.items():
        if not was:
            if what == "training":
                yield Difference(
                    "training images",
                    "not recorded",
                    "not compared",
                    "they do not come from a dataset of restorekit's",
                )
            continue
        most = max((one.num_images for one in was if one.fingerprint), default=0)
        try:
            now = image_sets(readers_of(_datasets(config, what)), most)
        except (RestoreKitError, OSError) as error:
            location = ", ".join(one.location for one in was)
            yield refuse(
                f"{what} images",
                f"in {location}",
                "unreadable",
                str(error).rstrip("."),
            )
            continue
        yield from check_images(what, was, now)


def _datasets(config: Config, what: str) -> Iterator[Any]:
    if what == "validation":
        yield from evaluation_datasets(config, ["val_dataloader"])
        return
    loader = config.train_dataloader
    if config.get("exclude_leaks"):
        with tempfile.TemporaryDirectory() as folder:
            loader, _ = without_leaks(loader, config, folder)
    yield DATASETS.build(loader["dataset"])
