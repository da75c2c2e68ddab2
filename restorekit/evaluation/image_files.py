"""Measuring image files, in parallel processes."""

from __future__ import annotations

import functools
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import cv2

from restorekit.errors import DataError
from restorekit.io.fingerprint import image_digest
from restorekit.io.images import Image, read_image
from restorekit.io.terminal import progress
from restorekit.io.threads import usable_cores
from restorekit.metrics.no_reference import measure_niqe
from restorekit.metrics.protocols import Protocol, measure_all
from restorekit.metrics.summary import Measured

#: Images that are worth a process of their own, which takes half a second to start.
_IMAGES_PER_PROCESS = 16


@dataclass(frozen=True)
class ImageFiles:
    """The files of one image.

    Attributes:
        name: What results call it.
        pred: The restored image.
        gt: Its ground truth, where there is one.
        lq: What it was restored from, where that is to be measured too.
    """

    name: str
    pred: str
    gt: str | None = None
    lq: str | None = None


@dataclass(frozen=True)
class MeasuredImage:
    """What was measured of one image.

    Attributes:
        name: As in :class:`ImageFiles`.
        size: Height and width.
        pred: Values of the restored image by protocol; empty without ground truth.
        lq: Values of the input; empty without it.
        pred_niqe: NIQE, or why there is none; None where it was not asked for.
        lq_niqe: The same of the input.
        digest: Digest of lq and gt; of what there is of them; of the restored image without
            both.
    """

    name: str
    size: tuple[int, int]
    pred: Measured
    lq: Measured
    pred_niqe: float | str | None
    lq_niqe: float | str | None
    digest: str


def measure_files(
    files: ImageFiles, protocols: Sequence[Protocol] = (), niqe_variant: str | None = None
) -> MeasuredImage:
    """Read and measure one image.

    Args:
        files: Where it is.
        protocols: What to measure against the ground truth.
        niqe_variant: Which NIQE to measure; None for none.

    Raises:
        DataError: If a file cannot be read, or images do not fit together.
    """
    pred = read_image(files.pred)
    gt, lq = (None if file is None else read_image(file) for file in (files.gt, files.lq))

    def against_gt(image: Image | None, file: str | None) -> Measured:
        if gt is None or image is None:
            return {}
        try:
            return measure_all(protocols, image, gt)
        except DataError as error:
            raise DataError(f"{file} and {files.gt}: {error}") from error

    def naturalness(image: Image | None) -> float | str | None:
        return None if niqe_variant is None or image is None else measure_niqe(image, niqe_variant)

    dataset = [image for image in (lq, gt) if image is not None]
    return MeasuredImage(
        name=files.name,
        size=(pred.shape[0], pred.shape[1]),
        pred=against_gt(pred, files.pred),
        lq=against_gt(lq, files.lq),
        pred_niqe=naturalness(pred),
        lq_niqe=naturalness(lq),
        digest=image_digest(*(dataset or [pred])),
    )


def measure_all_files(
    files: Sequence[ImageFiles],
    protocols: Sequence[Protocol] = (),
    niqe_variant: str | None = None,
    processes: int | None = None,
) -> list[MeasuredImage]:
    """Read and measure images, with a progress bar, in the order given.

    Args:
        files: Where they are.
        protocols: What to measure against the ground truth.
        niqe_variant: Which NIQE to measure; None for none.
        processes: How many processes share the work; None for one a processor, where there
            are images enough. The numbers are the same for any number. A script that uses
            more than one needs the usual ``if __name__ == "__main__":``.

    Raises:
        DataError: As :func:`measure_files`.
    """
    if processes is None:
        processes = min(usable_cores(), 1 + len(files) // _IMAGES_PER_PROCESS)
    measure = functools.partial(
        measure_files, protocols=tuple(protocols), niqe_variant=niqe_variant
    )
    return list(progress(_mapped(measure, files, processes), "measuring", len(files)))


def _mapped(
    measure: functools.partial[MeasuredImage], files: Sequence[ImageFiles], processes: int
) -> Iterator[MeasuredImage]:
    if processes <= 1:
        yield from map(measure, files)
        return
    # Not forked: that is not safe once libraries have started threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, cv2.setNumThreads, (1,)) as pool:
        try:
            yield from pool.map(measure, files)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
