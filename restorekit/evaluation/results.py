"""Results files: what one method achieved on one test set, how it was measured and with what.

All numbers are finite, as JSON needs them to be: the PSNR of two identical images is their
protocol's ``identical_psnr`` (100 dB), not infinity.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

from restorekit.errors import DataError
from restorekit.io.files import sha256, write_json
from restorekit.leaks.records import LeakCount
from restorekit.metrics.no_reference import NoReferenceValues
from restorekit.metrics.summary import Measure, summarize, with_mean

from .environment import collect_environment
from .validation import SCHEMA, check_results

#: The method under which the unrestored input of a test set is measured.
RAINY_INPUT = "Rainy input"


class FileRecord(TypedDict):
    """A file that took part, identified by the SHA-256 of its bytes (64 hex digits)."""

    path: str
    sha256: str


class _NamedDataset(TypedDict):
    name: str
    fingerprint: str
    num_images: int


class DatasetRecord(_NamedDataset, total=False):
    """A test set.

    ``version`` is left out where a dataset has only one, and ``leaks`` where nothing is known
    of the checkpoint having been trained on its photographs.
    """

    version: str
    leaks: LeakCount


class _NamedMeasure(Measure):
    variant: str


class NoReferenceMeasure(_NamedMeasure, total=False):
    """A measure that needs no ground truth; ``variant`` says which implementation.

    ``left_out`` says by the name of an image why it has no value, where there are such.
    """

    left_out: dict[str, str]


class Cost(TypedDict, total=False):
    """What the method needs; see :func:`restorekit.models.complexity.network_cost`."""

    parameters: int
    macs_per_pixel: float
    seconds_per_image: float
    peak_memory_mb: float


class _Results(TypedDict):
    schema: str
    method: str
    dataset: DatasetRecord


class Results(_Results, total=False):
    """The content of a results file; what does not apply is left out."""

    config: FileRecord
    checkpoint: FileRecord
    protocols: dict[str, dict[str, Measure]]
    no_reference: dict[str, NoReferenceMeasure]
    cost: Cost
    settings: dict[str, Any]
    environment: dict[str, Any]


def build_results(
    method: str,
    dataset: DatasetRecord,
    values: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
    *,
    no_reference: Mapping[str, NoReferenceValues] | None = None,
    config: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    cost: Cost | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Results:
    """Put the results of one test together.

    Args:
        method: Its name in tables; :data:`RAINY_INPUT` for the input itself.
        dataset: The test set.
        values: ``{protocol: {"psnr": {image: dB}, "ssim": {image: value}}}``, as
            :class:`~restorekit.metrics.ProtocolMetric` keeps them; means are computed here.
        no_reference: By the name of the measure, what was measured without ground truth.
        config: The config file, hashed here.
        checkpoint: The checkpoint file, hashed here.
        cost: What the method needs.
        settings: How it was run: ``device``, ``dtype``, ``tile``, ``ensemble``.

    Raises:
        DataError: If something is missing, not a number, or does not fit together.
    """
    results: Results = {"schema": SCHEMA, "method": method, "dataset": dataset}
    if config is not None:
        results["config"] = _file_record(config)
    if checkpoint is not None:
        results["checkpoint"] = _file_record(checkpoint)
    if values:
        results["protocols"] = summarize(values)
    if no_reference:
        results["no_reference"] = {
            name: _no_reference_measure(measured)
            for name, measured in no_reference.items()
            if measured.images
        }
    if cost:
        results["cost"] = cost
    if settings:
        results["settings"] = dict(settings)
    results["environment"] = collect_environment()
    check_results(results, f"the results of {method!r}")
    return results


def write_results(path: str | os.PathLike[str], results: Results) -> None:
    """Write a results file, atomically.

    Raises:
        DataError: If ``results`` is not valid; nothing is written then.
    """
    check_results(results, os.fspath(path))
    write_json(path, results)


def read_results(path: str | os.PathLike[str]) -> Results:
    """Read a results file.

    Raises:
        DataError: If it is missing or not valid, naming the file and the key.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The results file {file} cannot be read: {error}") from error
    try:
        results: Results = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(
            f"{file} is not JSON ({error}): write results files with `restorekit test --out`."
        ) from error
    check_results(results, str(file))
    return results


def _no_reference_measure(values: NoReferenceValues) -> NoReferenceMeasure:
    found = with_mean(values.images)
    measure: NoReferenceMeasure = {
        "variant": values.variant,
        "mean": found["mean"],
        "images": found["images"],
    }
    if values.left_out:
        measure["left_out"] = dict(values.left_out)
    return measure


def _file_record(path: str | os.PathLike[str]) -> FileRecord:
    """Name a file relative to the working folder, or by its name alone if it lies elsewhere.

    The path of a home folder has no place in a file that is passed on.
    """
    file = Path(path).resolve()
    here = Path.cwd()
    name = file.relative_to(here).as_posix() if file.is_relative_to(here) else file.name
    return {"path": name, "sha256": sha256(file)}
