"""Time PSNR, SSIM and NIQE against plain implementations, and against basicsr's own."""

from __future__ import annotations

import argparse
import functools
import importlib.util
from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks import reference_metrics, report
from benchmarks.report import Benchmark
from restorekit.metrics.functional.niqe import niqe
from restorekit.metrics.protocols import PROTOCOLS, measure_all

Image = npt.NDArray[np.uint8]
#: Does something with a restored and a clean image.
Job = Callable[[Image, Image], object]

_SEVEN = "restorekit, seven protocols"
_PLAIN = "plain, PSNR and SSIM on Y"
_BASICSR = "basicsr, PSNR and SSIM on Y"
_NIQE = "restorekit, NIQE"
_PLAIN_NIQE = "plain, NIQE"
_BASICSR_NIQE = "basicsr, NIQE"
_COMPARISONS = (
    (_SEVEN, _BASICSR),
    (_SEVEN, _PLAIN),
    (_NIQE, _BASICSR_NIQE),
    (_NIQE, _PLAIN_NIQE),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks metrics``."""
    report.add_arguments(parser)
    parser.add_argument("--pairs", type=int, default=100, help="pairs of images (default: 100)")
    parser.add_argument("--height", type=int, default=320, help="of an image (default: 320)")
    parser.add_argument("--width", type=int, default=480, help="of an image (default: 480)")


def run(args: argparse.Namespace) -> None:
    """Time the contenders, and show medians and ratios."""
    jobs: dict[str, Callable[[], Job]] = {
        _SEVEN: _seven_protocols,
        _BASICSR: _basicsr,
        _PLAIN: _plain,
        _NIQE: _niqe,
        _BASICSR_NIQE: _basicsr_niqe,
        _PLAIN_NIQE: _plain_niqe,
    }
    if importlib.util.find_spec("basicsr") is None:
        del jobs[_BASICSR], jobs[_BASICSR_NIQE]
    report.run(
        args,
        Benchmark(
            name="metrics",
            title=f"{args.pairs} pairs of {args.width}×{args.height}",
            contenders={
                name: functools.partial(_setup, job, args.pairs, args.height, args.width)
                for name, job in jobs.items()
            },
            comparisons=_COMPARISONS,
            unit="image",
            units=args.pairs,
            show_memory=True,
        ),
    )


def _setup(job: Callable[[], Job], number: int, height: int, width: int) -> Callable[[], object]:
    measure, pairs = job(), _pairs(number, height, width)

    def work() -> None:
        for pred, gt in pairs:
            measure(pred, gt)

    return work


def _pairs(number: int, height: int, width: int) -> list[tuple[Image, Image]]:
    """Return restored and clean images: soft shapes with fine texture, and a little noise."""
    rng = np.random.default_rng(0)
    pairs = []
    for _ in range(number):
        shapes = cv2.resize(rng.uniform(20, 235, (9, 12, 3)), (width, height))
        clean = shapes + rng.normal(0, 6, (height, width, 3))
        restored = clean + rng.normal(0, 4, (height, width, 3))
        both = (np.clip(np.round(image), 0, 255).astype(np.uint8) for image in (restored, clean))
        pairs.append((next(both), next(both)))
    return pairs


def _seven_protocols() -> Job:
    names = (
        "matlab_y_u8",
        "matlab_y_double",
        "pil_y_skimage",
        "rgb_float",
        "rgb_float_valid",
        "rgb_u8",
        "basicsr_y",
    )
    return functools.partial(measure_all, tuple(PROTOCOLS[name] for name in names))


def _plain() -> Job:
    return reference_metrics.psnr_and_ssim_on_y


def _niqe() -> Job:
    return lambda pred, gt: niqe(pred)


def _plain_niqe() -> Job:
    return lambda pred, gt: reference_metrics.niqe(pred)


def _basicsr() -> Job:
    from restorekit.interop import import_basicsr

    metrics = import_basicsr("metrics.psnr_ssim")

    def measure(pred: Image, gt: Image) -> None:
        for function in (metrics.calculate_psnr, metrics.calculate_ssim):
            function(pred[..., ::-1], gt[..., ::-1], crop_border=0, test_y_channel=True)

    return measure


def _basicsr_niqe() -> Job:
    from restorekit.interop import import_basicsr

    metrics = import_basicsr("metrics.niqe")
    return lambda pred, gt: metrics.calculate_niqe(pred[..., ::-1], crop_border=0)
