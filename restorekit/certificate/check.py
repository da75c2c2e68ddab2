"""Compare what a training depended on with what is at hand now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restorekit.evaluation.schema import FileRecord
from restorekit.io.files import sha256

from .plain import unrecorded
from .record import FILE_NAME, Certificate, ImageSet

#: Differing images that are named, each in a line.
_NAMED = 5
_DIGITS = 12
#: What else to do about a version than to install it.
_REMEDIES = {
    "python": "use that version for the same weights",
    "platform": "this rarely changes weights",
    "cpu_count": "this changes no weights where the threads are the same",
    "cpu": "other instructions sum in another order; use such a CPU for the same weights",
    "gpu": "train on such a device for the same weights",
    "git_commit": "check that commit out for the same weights",
    "git_diff": "restore those changes for the same weights",
}
#: Differences that do not explain other weights.
_HARMLESS = {"platform", "cpu_count"}


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was.

    Attributes:
        what: What differs.
        was: What it was.
        now: What it is.
        remedy: What to do about it.
        refused: Whether training again would be of something else, or impossible.
        harmless: Whether weights do not depend on it.
    """

    what: str
    was: str
    now: str
    remedy: str
    refused: bool = False
    harmless: bool = False

    def __str__(self) -> str:
        return f"{self.what}: {self.was} then, {self.now} now; {self.remedy}"


def refuse(what: str, was: str, now: str, remedy: str) -> Difference:
    """Return a difference that keeps a training from being repeated."""
    return Difference(what, was, now, remedy, refused=True)


def check_record(certificate: Certificate, checkpoint_seed: int | None) -> Iterator[Difference]:
    """Yield why what is recorded does not suffice, or contradicts itself.

    Args:
        certificate: The certificate.
        checkpoint_seed: The seed that the last checkpoint of the run holds, if it is at hand.
    """
    for key in unrecorded(certificate.config):
        yield refuse(
            f"config.{key}",
            "an object made in Python",
            "not recorded",
            "describe it in a config file and train anew",
        )
    if certificate.outcome is None:
        yield refuse(
            "the training",
            "under way or interrupted",
            "not completed",
            "complete it with --resume first",
        )
    if certificate.legs[0].first > 0:
        yield refuse(
            f"iterations 1 to {certificate.legs[0].first}",
            "trained elsewhere",
            "not recorded",
            f"resume in a folder that holds the {FILE_NAME} of the checkpoint",
        )
    configured = (certificate.config.get("randomness") or {}).get("seed")
    for source, seed in (("its config", configured), ("its checkpoint", checkpoint_seed)):
        if seed is not None and seed != certificate.seed:
            yield refuse(
                "seed",
                f"{seed} in {source}",
                f"{certificate.seed} in {FILE_NAME}",
                f"{FILE_NAME} was changed: restore it, or train anew with that seed",
            )
    last = certificate.legs[-1]
    for number, leg in enumerate(certificate.legs[:-1], 1):
        for what in ("processes", "threads"):
            was, later = getattr(leg, what), getattr(last, what)
            if was != later:
                yield Difference(
                    f"{what} in leg {number}",
                    str(was),
                    f"{later} for all iterations",
                    "sums may round differently",
                )
        keys = {*leg.environment, *last.environment} - _HARMLESS
        for key in sorted(keys):
            was, later = leg.environment.get(key, "none"), last.environment.get(key, "none")
            if was != later:
                yield Difference(
                    f"{key} in leg {number}",
                    str(was),
                    f"{later} in the last leg",
                    "sums may round differently",
                )
    for number, leg in enumerate(certificate.legs[1:], 2):
        for change in leg.changes:
            yield Difference(
                f"config from leg {number} on",
                change,
                "the last config for all iterations",
                "other weights are likely unless only the length of the training changed",
            )


def check_files(certificate: Certificate, packages: Mapping[str, str]) -> Iterator[Difference]:
    """Yield what differs in starting weights and plugins.

    Args:
        certificate: The certificate.
        packages: Installed packages with plugins, and their versions.
    """
    if certificate.start is not None:
        yield from _file("starting weights", certificate.start, changed_is_refused=True)
    for plugin in certificate.plugins:
        yield from _file("plugin", plugin, changed_is_refused=False)
    for name, version in certificate.packages.items():
        now = packages.get(name)
        if now != version:
            yield Difference(
                f"package {name}",
                version,
                now or "not installed",
                f"install {name}=={version}",
                refused=now is None,
            )


def check_environment(
    certificate: Certificate, environment: Mapping[str, Any], cores: int
) -> Iterator[Difference]:
    """Yield what differs in versions and machine.

    Args:
        certificate: The certificate.
        environment: What :func:`~restorekit.evaluation.environment.collect_environment` returns.
        cores: Number of usable cores.
    """
    leg = certificate.legs[-1]
    for key in (*leg.environment, *(key for key in environment if key not in leg.environment)):
        was, now = leg.environment.get(key, "none"), environment.get(key, "none")
        if was != now:
            remedy = _REMEDIES.get(key, f"install {key} {was} for the same weights")
            yield Difference(key, str(was), str(now), remedy, harmless=key in _HARMLESS)
    share = max(cores // leg.processes, 1)
    if leg.processes > 1 and share < leg.threads:
        yield Difference(
            "threads of each process",
            str(leg.threads),
            str(share),
            f"use a machine with {leg.processes * leg.threads} cores for the same weights",
        )
    randomness = certificate.config.get("randomness") or {}
    if "gpu" in leg.environment and "gpu" in environment and not randomness.get("deterministic"):
        yield Difference(
            "order of sums",
            "chosen by the GPU's libraries",
            "chosen anew",
            "only randomness.deterministic=True in the config makes it the same",
        )


def check_images(
    what: str, was: Sequence[ImageSet], now: Sequence[ImageSet]
) -> Iterator[Difference]:
    """Yield what differs in the images of a training.

    Args:
        what: What they are for: ``training``.
        was: The sets that were recorded.
        now: The sets that are found now, in the same order.
    """
    if len(was) != len(now):
        yield refuse(
            f"sets of {what} images",
            str(len(was)),
            str(len(now)),
            "restore the data, or train anew",
        )
        return
    for before, after in zip(was, now, strict=True):
        yield from _images(what, before, after)


def _images(what: str, before: ImageSet, after: ImageSet) -> Iterator[Difference]:
    names = [*before.images, *(name for name in after.images if name not in before.images)]
    differing = [name for name in names if before.images.get(name) != after.images.get(name)]
    for name in differing[:_NAMED]:
        was, now = (
            "absent" if digest is None else f"pixels {digest}" if digest else "present"
            for digest in (before.images.get(name), after.images.get(name))
        )
        yield refuse(
            f"{what} image {name} of {after.location}",
            was,
            now,
            "restore the image, or train anew",
        )
    if len(differing) > _NAMED:
        yield refuse(
            f"{what} images of {after.location}",
            f"fingerprint {(before.fingerprint or 'unknown')[:_DIGITS]}",
            f"{(after.fingerprint or 'unknown')[:_DIGITS]}",
            f"{len(differing):,} images differ: restore the data, or train anew",
        )
    if before.fingerprint is None and not differing:
        yield Difference(
            f"{what} images of {after.location}",
            f"{before.num_images:,} names",
            "the same names",
            "the pixels were too many to record",
            harmless=True,
        )


def _file(what: str, record: FileRecord, *, changed_is_refused: bool) -> Iterator[Difference]:
    path = Path(record.path)
    label = f"{what} {record.path}"
    was = f"sha256 {record.sha256[:_DIGITS]}"
    if not path.is_file():
        yield refuse(
            label,
            was,
            "missing",
            "bring it back, or go to the folder where the training was started",
        )
    elif (now := sha256(path)) != record.sha256:
        yield Difference(label, was, now[:_DIGITS], "restore the file", refused=changed_is_refused)
