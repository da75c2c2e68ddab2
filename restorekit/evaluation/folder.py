"""Measure a folder of restored images, whatever program restored them."""

from __future__ import annotations

import functools
import multiprocessing
import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2

from restorekit.errors import ConfigError, DataError
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.images import read_image
from restorekit.io.terminal import progress
from restorekit.io.threads import usable_cores
from restorekit.metrics.measures import DEFAULT_WITHOUT_GT, Measure
from restorekit.metrics.measuring import or_default
from restorekit.metrics.plan import Plan, Value
from restorekit.metrics.protocols import Protocol
from restorekit.plugins import load_plugin_file, loaded_plugin_files

from .image_folders import Folder, ImageFiles, find_images
from .results import RAINY_INPUT, Results, build_results, dataset_record, quantity

#: Names of folders that tell a split of a dataset, and the side of its pairs.
_SPLITS = {"train", "val", "test"}
_SIDES = {"gt", "lq", "target", "input", "clean", "rainy", "norain", "rain"}
#: Number of images from which another process, which takes half a second to start, pays off.
_IMAGES_PER_PROCESS = 16


@dataclass(frozen=True)
class MeasuredImage:
    """The values of one image.

    Attributes:
        name: As in :class:`ImageFiles`.
        size: Height and width.
        pred: Values of the restored image, by the quantity's key.
        lq: Values of the rainy image in the same form; empty if there is none.
        digest: Digest of the rainy and the clean image, or of the only one given; of the
            restored image if there is neither.
    """

    name: str
    size: tuple[int, int]
    pred: dict[str, Value]
    lq: dict[str, Value]
    digest: str


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of a folder.

    Attributes:
        results: Results of the restored images.
        rainy_input: Results of the rainy images, where they were given.
        images: All values, image by image, including those of extra protocols.
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
    protocols: Sequence[str | Protocol | Mapping[str, Any]] = (),
    measures: Sequence[str | Measure | Mapping[str, Any]] = (),
    extra_protocols: Sequence[Protocol] = (),
    method: str | None = None,
    dataset: str | None = None,
    processes: int | None = None,
) -> Evaluation:
    """Measure restored images, and the rainy ones too where given.

    Args:
        pred: Folder of restored images.
        gt: Folder of clean images.
        lq: Folder of rainy images. With both ``lq`` and ``gt``, the results have the same
            fingerprint as those of ``restorekit test`` on the same pairs, and rank with them.
        pairing: See :func:`~restorekit.evaluation.image_folders.find_images`.
        protocols: Protocols to measure under; they need ``gt``. By default all of restorekit's
            where there is ``gt`` and no ``measures``.
        measures: Measures without a protocol, such as ``"name"`` or ``"name:variant"``. By default
            NIQE where there is no ``gt`` and no ``protocols``.
        extra_protocols: Protocols to measure under as well, left out of the results.
        method: Name in tables; by default that of the folder ``pred``.
        dataset: Name of the test set if the catalog does not know it; by default it is taken
            from the path of ``gt`` or ``lq``.
        processes: Number of processes that share the work; by default one per usable core, if
            there are enough images. It does not change the results. A script that uses more
            than one needs the usual ``if __name__ == "__main__":``.

    Raises:
        ConfigError: If a measure needs ``gt`` and there is none.
        DataError: If images do not fit together or cannot be measured.

    Example:
        >>> evaluation = evaluate_folder(
        ...     "data/mine/test/lq", "data/mine/test/gt", protocols=["rgb_u8"], processes=1)
        >>> sorted(evaluation.results.measures["psnr/rgb_u8"].images)
        ['000', '001']
    """
    protocols, measures = or_default(list(protocols), list(measures), gt is not None)
    plan = Plan(protocols, measures)
    _check_plan(plan, has_gt=gt is not None)
    files = find_images(pred, gt, lq, pairing)
    measured = measure_files(files, Plan([*protocols, *extra_protocols], measures), processes)
    record = dataset_record(
        dataset or name_of_folder(gt or lq or pred),
        dataset_fingerprint(image.digest for image in measured),
        len(measured),
    )

    def results(name: str, found: Mapping[str, Mapping[str, Value]]) -> Results:
        own = {
            image: {key: values[key] for key in plan.quantities} for image, values in found.items()
        }
        return build_results(name, record, measures=map(quantity, plan.collect(own).values()))

    rainy_input = None
    if lq is not None:
        rainy_input = results(RAINY_INPUT, {image.name: image.lq for image in measured})
    return Evaluation(
        results(
            method or Path(os.path.abspath(pred)).name,
            {image.name: image.pred for image in measured},
        ),
        rainy_input,
        measured,
    )


def _check_plan(plan: Plan, has_gt: bool) -> None:
    needing = plan.needing_gt()
    if needing and not has_gt:
        raise ConfigError(
            f"{needing} compares with clean images: give their folder (--gt), or choose a metric "
            f"that needs none (--metric {DEFAULT_WITHOUT_GT})."
        )


def measure_files(
    files: Sequence[ImageFiles], plan: Plan, processes: int | None = None
) -> list[MeasuredImage]:
    """Read and measure images, with a progress bar, in the order given.

    Args:
        files: The files.
        plan: What to measure.
        processes: Number of processes; see :func:`evaluate_folder`.

    Raises:
        ConfigError: If the number of processes is not at least 1.
        DataError: If a file cannot be read, or images do not fit together.
    """
    if processes is not None and processes < 1:
        raise ConfigError(f"The number of processes is {processes}, but must be at least 1.")
    if processes is None:
        processes = min(usable_cores(), 1 + len(files) // _IMAGES_PER_PROCESS)
    measure = functools.partial(_measure, plan=plan)
    return list(progress(_mapped(measure, files, processes), "measuring", len(files)))


def _measure(files: ImageFiles, plan: Plan) -> MeasuredImage:
    pred = read_image(files.pred)
    gt, lq = (None if file is None else read_image(file) for file in (files.gt, files.lq))

    def values(image: Any, file: str | None) -> dict[str, Value]:
        try:
            return {} if image is None else plan.measure(image, gt)
        except DataError as error:
            against = f" and {files.gt}" if files.gt else ""
            raise DataError(f"{file}{against}: {error}") from error

    dataset = [image for image in (lq, gt) if image is not None]
    return MeasuredImage(
        name=files.name,
        size=(pred.shape[0], pred.shape[1]),
        pred=values(pred, files.pred),
        lq=values(lq, files.lq),
        digest=image_digest(*(dataset or [pred])),
    )


def _mapped(
    measure: functools.partial[MeasuredImage], files: Sequence[ImageFiles], processes: int
) -> Iterator[MeasuredImage]:
    if processes == 1:
        yield from map(measure, files)
        return
    # Not "fork", which is unsafe once libraries have started threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _prepare_worker, (loaded_plugin_files(),)) as pool:
        try:
            yield from pool.map(measure, files)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _prepare_worker(plugins: Sequence[str]) -> None:
    """Limit OpenCV to one thread, and load the plugins whose classes a plan may hold."""
    cv2.setNumThreads(1)
    for file in plugins:
        load_plugin_file(file)


def name_of_folder(folder: Folder) -> str:
    """Return the name of the dataset in a folder: the last part of the path, without its suffix.

    A split and a side of the pairs, at most one of each, are left out first.

    Example:
        >>> name_of_folder("data/mine/test/gt"), name_of_folder("rainy/gt")
        ('mine', 'rainy')
    """
    path = Path(os.path.abspath(folder))
    left_out = [_SIDES, _SPLITS]
    while path.parent.name:
        kind = next((names for names in left_out if path.name.lower() in names), None)
        if kind is None:
            break
        left_out.remove(kind)
        path = path.parent
    return path.stem or str(path)
