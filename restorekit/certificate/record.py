"""The file ``run.json`` of a work folder: everything that a training depends on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from restorekit.errors import DataError, did_you_mean
from restorekit.evaluation.schema import FileRecord
from restorekit.io.files import write_json
from restorekit.io.records import short, to_record

FILE_NAME = "run.json"
SCHEMA = "restorekit.run/1"

Count = Annotated[int, Meta(ge=0)]
Digest = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class ImageSet(Struct, frozen=True, omit_defaults=True):
    """Images that a training reads.

    Attributes:
        location: Folder or LMDB, as the config leads to it.
        num_images: Number of images or pairs.
        fingerprint: :func:`~restorekit.io.fingerprint.dataset_fingerprint` of their pixels; None
            if there are too many to read before a training.
        dataset: Name of the dataset, if the catalog knows the fingerprint.
        images: Image name to the first 16 hex digits of its
            :func:`~restorekit.io.fingerprint.image_digest`; to nothing without a fingerprint.
    """

    location: str
    num_images: Count
    fingerprint: Digest | None = None
    dataset: str | None = None
    images: dict[str, str] = {}


class Leg(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """An uninterrupted part of a training: one that was never resumed has a single leg.

    Attributes:
        first: Iterations that were done before.
        last: Iterations that were done at its end, or that the next leg continued from; None
            until then.
        started: When it began, in UTC, as ISO 8601.
        seconds: How long it took; None if it was interrupted.
        processes: Number of processes.
        threads: PyTorch's threads in each process.
        command: The command line.
        environment: Versions and machine, see
            :func:`~restorekit.evaluation.environment.collect_environment`.
        resumed_from: The checkpoint that it continued; None if it began a training.
        changes: What differs in its config from that of the leg before.
    """

    first: Count
    last: Count | None = None
    started: str
    seconds: float | None = None
    processes: Annotated[int, Meta(ge=1)]
    threads: Annotated[int, Meta(ge=1)]
    command: list[str]
    environment: dict[str, Any]
    resumed_from: str | None = None
    changes: list[str] = []


class Outcome(Struct, frozen=True):
    """The end of a training.

    Attributes:
        checkpoint: File name of the last checkpoint in the work folder; empty if none was written
            at the end.
        iterations: Iterations done.
        weights: :func:`~restorekit.certificate.weights.weights_digest` of its weights.
    """

    checkpoint: str
    iterations: Count
    weights: Digest


class Certificate(
    Struct, frozen=True, omit_defaults=True, kw_only=True, tag_field="schema", tag=SCHEMA
):
    """The content of ``run.json``.

    Attributes:
        config: The resolved config, see :mod:`~restorekit.certificate.plain`.
        config_file: Path of the config file; None for a config that came from no file.
        seed: Seed of the run, also where the config leaves it to chance.
        start: The weights that the training started from; None if it began with random ones.
        plugins: Python files with plugins: those of ``--plugin`` and of ``custom_imports``.
        packages: Installed packages with plugins, and their versions.
        training: The training images.
        validation: The validation images.
        legs: Its uninterrupted parts, in their order.
        outcome: How it ended; None as long as it has not.
    """

    config: dict[str, Any]
    config_file: str | None = None
    seed: int
    start: FileRecord | None = None
    plugins: list[FileRecord] = []
    packages: dict[str, str] = {}
    training: list[ImageSet] = []
    validation: list[ImageSet] = []
    legs: Annotated[list[Leg], Meta(min_length=1)]
    outcome: Outcome | None = None


def find_certificate(run: str | os.PathLike[str]) -> Path:
    """Return the certificate that ``run`` names: the file itself, or the one in a work folder.

    Raises:
        DataError: If there is none.
    """
    path = Path(run)
    file = path / FILE_NAME if path.is_dir() else path
    if file.is_file():
        return file
    if path.is_dir():
        raise DataError(
            f"{path} has no {FILE_NAME}: give the work folder of a training; those of earlier "
            "versions have no certificate."
        )
    siblings = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    raise DataError(f"There is no run {path}.{did_you_mean(path.name, siblings)}")


def read_certificate(run: str | os.PathLike[str]) -> Certificate:
    """Read the certificate of a run.

    Args:
        run: Its work folder, or the file.

    Raises:
        DataError: If it is missing or not valid, naming the file, the key and the value.
    """
    file = find_certificate(run)
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise DataError(f"{file} cannot be read as JSON: {error}") from error
    schema = content.get("schema") if isinstance(content, dict) else None
    if isinstance(content, dict) and schema != SCHEMA:
        raise DataError(
            f"{file}: schema must be {SCHEMA!r}, not {short(schema)}: this is not the certificate "
            "of a training, or one of a later version of restorekit."
        )
    return to_record(content, Certificate, str(file))


def write_certificate(work_dir: str | os.PathLike[str], certificate: Certificate) -> Path:
    """Write the certificate of a training into its work folder, atomically."""
    path = Path(work_dir) / FILE_NAME
    write_json(path, msgspec.to_builtins(certificate))
    return path
