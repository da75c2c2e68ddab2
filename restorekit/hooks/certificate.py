"""The certificate of a training, written when it begins and completed when it ends."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import torch
from mmengine.dist import get_world_size, is_main_process
from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import find_latest_checkpoint

from restorekit.certificate import Certificate, read_certificate, write_certificate
from restorekit.certificate.collect import (
    command_line,
    file_record,
    image_sets,
    plugin_files,
    plugin_packages,
)
from restorekit.certificate.plain import config_changes, config_from_json, config_to_json
from restorekit.certificate.record import FILE_NAME, ImageSet, Leg, Outcome
from restorekit.certificate.weights import weights_digest
from restorekit.checkpoints.io import load_file
from restorekit.errors import RestoreKitError
from restorekit.evaluation.environment import collect_environment
from restorekit.io.files import shown_path
from restorekit.registry import HOOKS

from .leak_warning import readers_of

#: Keys of a config that say where and how it runs, not what it trains.
_OF_THE_RUN = {"experiment_name", "work_dir", "launcher", "load_from", "resume"}


@HOOKS.register_module()
class CertificateHook(Hook):
    """Writes ``run.json``, see :class:`~restorekit.certificate.record.Certificate`.

    A resumed training adds a leg to the certificate of the checkpoint that it continues.

    Priority ``LOWEST``: after the last checkpoint has been written.

    Args:
        max_images: Sets with more images are recorded by their names alone: reading them all
            would delay the training by many minutes.

    Example:
        >>> default_hooks = dict(certificate=dict(type="CertificateHook", max_images=100))
        >>> HOOKS.build(default_hooks["certificate"]).max_images
        100
    """

    priority = "LOWEST"

    def __init__(self, max_images: int = 20_000) -> None:
        self.max_images = max_images
        self._before: Certificate | None = None
        self._certificate: Certificate | None = None
        self._started = 0.0

    def before_train(self, runner: Any) -> None:
        """Write what the training depends on."""
        if not is_main_process():
            return
        self._started = time.monotonic()
        before = self._before = _certificate_of(runner.resumed_from)
        config = _described(runner)
        config_before = config if before is None else before.config
        leg = Leg(
            first=runner.iter,
            started=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            processes=get_world_size(),
            threads=torch.get_num_threads(),
            command=command_line(),
            environment=collect_environment(),
            resumed_from=runner.resumed_from and Path(runner.resumed_from).name,
            changes=list(config_changes(*map(config_from_json, (config_before, config)))),
        )
        loops = getattr(runner.val_loop, "loops", {"": runner.val_loop} if runner.val_loop else {})
        self._certificate = Certificate(
            config=config,
            config_file=runner.cfg.filename and shown_path(runner.cfg.filename),
            seed=runner.seed,
            start=_start(runner, before),
            plugins=plugin_files(runner.cfg),
            packages=plugin_packages(),
            training=self._images(runner, [runner.train_dataloader.dataset]),
            validation=self._images(runner, [one.dataloader.dataset for one in loops.values()]),
            legs=[*_legs_up_to(before, runner.iter), leg],
        )
        write_certificate(runner.work_dir, self._certificate)

    def after_train(self, runner: Any) -> None:
        """Add the end of the training and its outcome."""
        if self._certificate is None:
            return
        *others, leg = self._certificate.legs
        if others and leg.first == runner.iter and self._before is not None:
            # There was nothing left to train.
            write_certificate(runner.work_dir, self._before)
            return
        seconds = round(time.monotonic() - self._started, 3)
        leg = msgspec.structs.replace(leg, last=runner.iter, seconds=seconds)
        self._certificate = msgspec.structs.replace(
            self._certificate, legs=[*others, leg], outcome=_outcome(runner)
        )
        write_certificate(runner.work_dir, self._certificate)

    def _images(self, runner: Any, datasets: list[Any]) -> list[ImageSet]:
        try:
            return image_sets(readers_of(datasets), self.max_images)
        except (RestoreKitError, OSError) as error:
            # The training reports it when it reads the image.
            runner.logger.info(f"The images are not recorded in {FILE_NAME}: {error}")
            return []


def _certificate_of(checkpoint: str | None) -> Certificate | None:
    """Return the certificate beside a checkpoint; None if there is none that can be read."""
    if checkpoint is None:
        return None
    try:
        return read_certificate(Path(checkpoint).parent)
    except RestoreKitError:
        return None


def _legs_up_to(before: Certificate | None, iteration: int) -> list[Leg]:
    """Return the legs before an iteration; what the last one did after it does not count."""
    legs = [] if before is None else [leg for leg in before.legs if leg.first < iteration]
    return [*legs[:-1], *(msgspec.structs.replace(leg, last=iteration) for leg in legs[-1:])]


def _described(runner: Any) -> dict[str, Any]:
    """Return the config as JSON, with the seed of the run."""
    config = {key: one for key, one in runner.cfg.to_dict().items() if key not in _OF_THE_RUN}
    config["randomness"] = {**(config.get("randomness") or {}), "seed": runner.seed}
    described: dict[str, Any] = config_to_json(config)
    return described


def _start(runner: Any, before: Certificate | None) -> Any:
    """Return the record of the weights that the first leg started from."""
    if runner.resumed_from is not None:
        return None if before is None else before.start
    return file_record(runner.cfg.load_from) if runner.cfg.get("load_from") else None


def _outcome(runner: Any) -> Outcome:
    latest = find_latest_checkpoint(runner.work_dir)
    if latest and Path(latest).is_file():
        content = load_file(latest)
        if content["meta"]["iter"] == runner.iter:
            return Outcome(Path(latest).name, runner.iter, weights_digest(content["state_dict"]))
    model = runner.model.module if is_model_wrapper(runner.model) else runner.model
    return Outcome("", runner.iter, weights_digest(model.state_dict()))
