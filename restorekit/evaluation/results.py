"""Build, write and read results files.

All numbers are finite, as JSON requires: the PSNR of two identical images is the protocol's
``identical_psnr`` (100 dB by default), not infinity.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from restorekit.catalog import identify
from restorekit.errors import DataError
from restorekit.io.files import sha256, shown_path, write_json
from restorekit.io.records import short, to_record
from restorekit.metrics.measures import build_measure
from restorekit.metrics.plan import Quantity, Values, mean
from restorekit.metrics.protocols import Protocol

from .environment import collect_environment
from .schema import RAINY_INPUT, SCHEMA, Cost, DatasetRecord, FileRecord, MeasuredQuantity, Results
from .schema_1 import SCHEMA_1, Results1, upgrade

__all__ = [
    "RAINY_INPUT",
    "Cost",
    "DatasetRecord",
    "FileRecord",
    "MeasuredQuantity",
    "Results",
    "build_results",
    "dataset_record",
    "parse_results",
    "quantity",
    "read_results",
    "write_results",
]


#: Larger values are refused, so that the squares that statistics sum up stay finite.
_LARGEST = 1e100


def dataset_record(name: str, fingerprint: str, num_images: int) -> DatasetRecord:
    """Return the record of a test set, with the catalog's name where the fingerprint is known.

    Args:
        name: Name of a test set that the catalog does not know.
        fingerprint: :func:`restorekit.io.fingerprint.dataset_fingerprint` of its images.
        num_images: Number of images.
    """
    identity = identify(fingerprint)
    if identity is None:
        return DatasetRecord(name, fingerprint, num_images)
    version = identity.fingerprint.version or None
    return DatasetRecord(identity.dataset.name, fingerprint, num_images, version)


def quantity(values: Values) -> MeasuredQuantity:
    """Return the values of a quantity as a results file holds them."""
    measure, protocol = values.quantity.measure, values.quantity.protocol
    return MeasuredQuantity(
        measure=measure.name,
        label=measure.label,
        unit=measure.unit,
        digits=measure.digits,
        higher_is_better=measure.higher_is_better,
        protocol=None if protocol is None else protocol.name,
        variant=measure.variant if protocol is None else None,
        mean=values.mean,
        images=values.images,
        left_out=values.left_out,
    )


def build_results(
    method: str,
    dataset: DatasetRecord | Mapping[str, Any],
    values: Mapping[str, Mapping[str, Mapping[str, float]]] | None = None,
    *,
    measures: Iterable[MeasuredQuantity] = (),
    scalars: Mapping[str, float] | None = None,
    config: str | os.PathLike[str] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    seed: int | None = None,
    selected_on: str | None = None,
    cost: Mapping[str, Any] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Results:
    """Assemble the results of one test.

    Args:
        method: Name of the method in tables; :data:`RAINY_INPUT` for the input itself.
        dataset: The test set.
        values: ``{protocol: {"psnr": {image: dB}, "ssim": {image: value}}}``: PSNR and SSIM
            that any program computed; means are computed here.
        measures: Other measured quantities.
        scalars: Numbers that are not about single images; see :class:`Results`.
        config: The config file, hashed here.
        checkpoint: The checkpoint file, hashed here.
        seed: Seed of the training that made the checkpoint.
        selected_on: On which images the checkpoint was selected; see :class:`Results`.
        cost: Cost of the method; see :class:`Cost`.
        settings: How the method was run; see :class:`Results`.

    Raises:
        UnknownNameError: If ``values`` has a measure that is not registered.
        DataError: If something is missing, not a number, or does not fit together.
    """
    quantities = [
        quantity(Values(Quantity(build_measure(measure), Protocol(protocol)), dict(images)))
        for protocol, measured in (values or {}).items()
        for measure, images in measured.items()
    ]
    content = {
        "schema": SCHEMA,
        "method": method,
        "dataset": dataset,
        "measures": {one.key: one for one in (*quantities, *measures)},
        "scalars": scalars or {},
        "config": None if config is None else _file_record(config),
        "checkpoint": None if checkpoint is None else _file_record(checkpoint),
        "seed": seed,
        "selected_on": selected_on,
        **({"cost": cost} if cost else {}),
        "settings": settings or {},
        "environment": collect_environment(),
    }
    return parse_results(msgspec.to_builtins(content), f"the results of {method!r}")


def write_results(path: str | os.PathLike[str], results: Results) -> None:
    """Write a results file, atomically.

    Raises:
        DataError: If ``results`` is not valid; nothing is written then.
    """
    content = msgspec.to_builtins(results)
    parse_results(content, os.fspath(path))
    write_json(path, content)


def read_results(path: str | os.PathLike[str]) -> Results:
    """Read a results file of any schema.

    Raises:
        DataError: If it is missing or not valid, naming the file, the key and the value.
    """
    file = Path(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"The results file {file} cannot be read: {error}") from error
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        # Not JSON, a number of thousands of digits, or thousands of nested lists.
        raise DataError(
            f"{file} is not JSON ({error}): write results files with `restorekit test --out`."
        ) from error
    return parse_results(content, str(file))


def parse_results(content: Any, source: str) -> Results:
    """Check the parsed content of a results file of any schema, and return it in today's form.

    Keys that restorekit does not know are ignored.

    Args:
        content: The parsed JSON.
        source: The file, for messages.

    Raises:
        DataError: If anything is wrong; the message names the first problem.
    """
    schema = content.get("schema") if isinstance(content, dict) else None
    if isinstance(content, dict) and schema not in (SCHEMA, SCHEMA_1):
        raise DataError(
            f"{source}: schema must be {SCHEMA!r} or {SCHEMA_1!r}, not {short(schema)}: this is "
            "not a results file, or one of a later version of restorekit."
        )
    if schema == SCHEMA_1:
        results = upgrade(to_record(content, Results1, source))
        keys = {key: _key_1(one) for key, one in results.measures.items()}
    else:
        results, keys = to_record(content, Results, source), {}
    _check(results, source, keys)
    return results


def _key_1(quantity: MeasuredQuantity) -> str:
    """Return the key under which a file of schema 1 has a quantity."""
    if quantity.protocol is None:
        return f"no_reference.{quantity.measure}"
    return f"protocols.{quantity.protocol}.{quantity.measure}"


def _check(results: Results, source: str, keys: Mapping[str, str]) -> None:
    """Check what the types of :class:`Results` cannot express.

    Args:
        results: The results.
        source: The file, for messages.
        keys: Key under which the file has each quantity, if not in ``measures``.
    """

    def fail(key: str, problem: str) -> NoReturn:
        raise DataError(f"{source}: {key} {problem}.")

    for name, value in results.scalars.items():
        if not abs(value) <= _LARGEST:
            fail(f"scalars.{name}", f"must be finite and below 1e100, not {value}")
    try:
        json.dumps((results.settings, results.environment), allow_nan=False)
    except (ValueError, RecursionError):
        fail(
            "settings or environment", "holds a number that is not finite, or is nested too deeply"
        )
    number = results.dataset.num_images
    first: dict[str, tuple[str, set[str]]] = {}
    for name, quantity in results.measures.items():
        key = keys.get(name, f"measures.{name}")
        if name != quantity.key:
            fail(key, f"holds a quantity that is called {quantity.key!r}")
        for image, value in quantity.images.items():
            if not abs(value) <= _LARGEST:
                fail(f"{key}.images[{image!r}]", f"must be finite and below 1e100, not {value}")
        images = {*quantity.images, *quantity.left_out}
        if len(quantity.images) + len(quantity.left_out) != number:
            without = f" ({len(quantity.left_out)} left out)" if quantity.left_out else ""
            fail(
                f"{key}.images",
                f"has {len(quantity.images)} images{without}, and dataset.num_images says {number}",
            )
        expected = mean(quantity.images.values())
        if not math.isclose(quantity.mean, expected, rel_tol=1e-9, abs_tol=1e-6):
            fail(f"{key}.mean", f"is {quantity.mean}, and the mean of its images is {expected}")
        if quantity.protocol is not None:
            other, known = first.setdefault(quantity.protocol, (key, images))
            if known != images:
                fail(key, f"must be about the same images as {other}")


def _file_record(path: str | os.PathLike[str]) -> FileRecord:
    """Record a file by its path relative to the working folder, or its name if it is elsewhere."""
    return FileRecord(shown_path(path, parts=1), sha256(path))
