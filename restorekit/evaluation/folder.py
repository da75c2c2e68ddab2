"""Measuring a folder of images that any program restored."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restorekit.errors import ConfigError
from restorekit.evaluation.image_files import MeasuredImage, measure_all_files
from restorekit.io.fingerprint import dataset_fingerprint
from restorekit.metrics.measures import NIQE
from restorekit.metrics.no_reference import NoReferenceValues
from restorekit.metrics.protocols import Protocol
from restorekit.metrics.summary import ImageValues, by_protocol

from .image_folders import Folder, find_images
from .results import RAINY_INPUT, DatasetRecord, Results, build_results, dataset_record, quantity

#: Folders that say which part of a dataset lies in them, and not which dataset.
_PARTS = {"gt", "lq", "test", "val", "train", "target", "input", "clean", "rainy", "norain", "rain"}


@dataclass(frozen=True)
class Evaluation:
    """What was measured of a folder.

    Attributes:
        results: Of the restored images.
        rainy_input: Of what they were restored from, where that was given.
        images: Everything measured, image by image, extra protocols included.
    """

    results: Results
    rainy_input: Results | None
    images: list[MeasuredImage]


def evaluate_folder(
    pred: Folder,
    gt: Folder | None = None,
    lq: Folder | None = None,
    *,
    pairing: str = "auto",
    protocols: Sequence[Protocol] = (),
    extra_protocols: Sequence[Protocol] = (),
    niqe_variant: str | None = None,
    method: str | None = None,
    dataset: str | None = None,
    processes: int | None = None,
) -> Evaluation:
    """Measure restored images against clean ones, and the rainy ones too where given.

    Args:
        pred: Folder of restored images.
        gt: Folder of clean images.
        lq: Folder of rainy images. With it, and ``gt``, the results carry the fingerprint
            that ``restorekit test`` finds for the same pairs, and rank beside its results.
        pairing: See :func:`~restorekit.evaluation.image_folders.find_images`.
        protocols: By which to measure; they need ``gt``.
        extra_protocols: Measured too, but left out of the results.
        niqe_variant: Which NIQE to measure; None for none.
        method: Name in tables; None for that of the folder ``pred``.
        dataset: Name of the test set where the catalog does not know it; None for one made of
            the path of ``gt`` or ``lq``.
        processes: See :func:`~restorekit.evaluation.image_files.measure_all_files`.

    Raises:
        ConfigError: If nothing is to be measured, or protocols are given without ``gt``.
        DataError: If images do not fit together or cannot be measured.
    """
    if protocols and gt is None:
        raise ConfigError(
            f"Protocol {protocols[0].name} compares with clean images: give their folder (--gt), "
            "or measure what needs none (--metric niqe)."
        )
    if not protocols and niqe_variant is None:
        raise ConfigError("Nothing is to be measured: give a protocol or a metric.")
    files = find_images(pred, gt, lq, pairing)
    measured = measure_all_files(files, [*protocols, *extra_protocols], niqe_variant, processes)
    record = dataset_record(
        dataset or _dataset_name(gt or lq or pred),
        dataset_fingerprint(image.digest for image in measured),
        len(measured),
    )
    names = [protocol.name for protocol in protocols]
    rainy_input = None
    if lq is not None:
        rainy_input = _results(
            RAINY_INPUT,
            record,
            by_protocol({image.name: image.lq for image in measured}),
            names,
            niqe_variant,
            {image.name: image.lq_niqe for image in measured},
        )
    results = _results(
        method or Path(os.path.abspath(pred)).name,
        record,
        by_protocol({image.name: image.pred for image in measured}),
        names,
        niqe_variant,
        {image.name: image.pred_niqe for image in measured},
    )
    return Evaluation(results, rainy_input, measured)


def _results(
    method: str,
    dataset: DatasetRecord,
    values: ImageValues,
    protocols: Sequence[str],
    niqe_variant: str | None,
    niqe: Mapping[str, float | str | None],
) -> Results:
    measures = []
    if niqe_variant is not None:
        found = {name: value for name, value in niqe.items() if value is not None}
        measured = NoReferenceValues.collect(niqe_variant, found)
        measures.append(
            quantity(NIQE, measured.images, variant=niqe_variant, left_out=measured.left_out)
        )
    return build_results(
        method,
        dataset,
        {name: values[name] for name in protocols if name in values},
        measures=measures,
    )


def _dataset_name(folder: Folder) -> str:
    """Return the last part of a path that names more than a part of a dataset."""
    parts = Path(os.path.abspath(folder)).parts
    named = [part for part in parts[1:] if part.lower() not in _PARTS]
    return Path(named[-1]).stem if named else parts[-1]
