"""Measure a published network, or a checkpoint, for its card: quality, time, memory.

RESTOREKIT_TEST_DATA names the folder with rain100l_sample, rain200h_train_sample, kodak24 and
real_rain (pairs in lq and gt, or images); parts whose folder is missing are left out. --json
writes what `restorekit publish --measured` reads.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import memory
from restorekit.errors import ConfigError
from restorekit.io.images import Image, read_image
from restorekit.io.terminal import progress, text_table

if TYPE_CHECKING:
    from restorekit.inference import Restorer

PROTOCOL = "matlab_y_u8"
#: Of the rain rendered over clean test photographs: far from the seeds of any training.
SEED = 1000
#: Photographs that were not trained on, by the beginnings of their names; rain; its seed.
SHOWN = (
    ("045", "rain100h", 4),
    ("032", "rain100l", 4),
    ("250", "real", 3),
    ("062", "rain1400", 1),
)
#: Folders of pairs, and what they are called.
PAIRS = {
    "rain100l_sample": "10 pairs of Rain100L",
    "rain200h_train_sample": "20 pairs of Rain200H (training set)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks hub``."""
    parser.add_argument("model", nargs="?", default="derain-small", help="name or file")
    parser.add_argument("--json", type=Path, metavar="F", help="file for the numbers")
    parser.add_argument(
        "--parts",
        nargs="+",
        choices=("pairs", "rendered", "clean", "real", "cost"),
        default=("pairs", "rendered", "clean", "real", "cost"),
        help="what to measure (default: all)",
    )
    parser.add_argument(
        "--sheet",
        type=Path,
        metavar="F",
        help="picture to write: photographs of free_photos/val with rain, above the restored ones",
    )
    parser.add_argument("--every", type=int, default=1, help="take every N-th image only")


def run(args: argparse.Namespace) -> None:
    """Measure, print a table and write the numbers."""
    from restorekit import load_restorer
    from restorekit.io.files import write_json
    from restorekit.io.threads import usable_cores

    restorer = load_restorer(args.model, device="cpu")
    data = Path(os.environ.get("RESTOREKIT_TEST_DATA", "data"))
    parts: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
        "pairs": lambda: _pairs(restorer, data, args.every),
        "rendered": lambda: _rendered(restorer, data, args.every),
        "clean": lambda: _clean(restorer, data, args.every),
        "real": lambda: _real(restorer, data, args.every),
    }
    found = [row for name in args.parts if name in parts for row in parts[name]()]
    if not found and "cost" not in args.parts:
        raise ConfigError(f"{data} has none of the images; set RESTOREKIT_TEST_DATA.")
    rows = [
        (row["data"], row["protocol"] or "–", key.upper(), before, after, after - before)
        for row in found
        for key, after in row["restored"].items()
        for before in [row["input"].get(key, float("nan"))]
    ]
    texts = [(*row[:3], *(f"{value:.3f}" for value in row[3:])) for row in rows]
    header = ("images", "protocol", "", "input", "restored", "gain")
    sys.stdout.write(text_table(header, texts, (3, 4, 5)))
    if "cost" in args.parts:
        seconds, processor, peak = _cost(restorer)
        sys.stdout.write(
            f"\n24 megapixels: {seconds:.1f} s, {processor:.1f} s of processor time, "
            f"at most {peak / 1e9:.2f} GB resident, {usable_cores()} cores\n"
        )
    if args.sheet:
        _sheet(restorer, data, args.sheet)
    if args.json:
        write_json(args.json, found)


def _row(
    restorer: Restorer, data: str, samples: Iterator[tuple[Image, Image]], count: int
) -> dict[str, Any]:
    """Return the means of PSNR and SSIM before and after."""
    from restorekit.metrics.protocols import get_protocol

    protocol = get_protocol(PROTOCOL)
    before, after = [], []
    for lq, gt in progress(samples, data, count):
        before.append(protocol.measure(lq, gt))
        after.append(protocol.measure(restorer(lq), gt))
    return {
        "data": data,
        "protocol": PROTOCOL,
        "input": _means(before),
        "restored": _means(after),
    }


def _means(values: list[dict[str, float]]) -> dict[str, float]:
    return {key: round(float(np.mean([one[key] for one in values])), 4) for key in ("psnr", "ssim")}


def _pairs(restorer: Restorer, data: Path, every: int) -> Iterator[dict[str, Any]]:
    from restorekit.datasets.layouts.locate import open_pairs

    for folder, name in PAIRS.items():
        if (data / folder).is_dir():
            reader = open_pairs(data / folder)
            chosen = range(0, len(reader), every)
            samples = ((lq, gt) for lq, gt in map(reader.read, chosen) if gt is not None)
            yield _row(restorer, name, samples, len(chosen))


def _kodak(data: Path, every: int) -> list[Path]:
    return sorted((data / "kodak24").glob("*.png"))[::every]


def _rendered(restorer: Restorer, data: Path, every: int) -> Iterator[dict[str, Any]]:
    from restorekit.rain import RAIN_PRESETS, RainRenderer

    files = _kodak(data, every)
    for preset in RAIN_PRESETS if files else ():
        renderer = RainRenderer(preset)
        photographs = ((i, read_image(file)) for i, file in enumerate(files))
        pairs = [(renderer(gt, np.random.default_rng((SEED, i))), gt) for i, gt in photographs]
        # The preset `real` leaves some without rain; they are measured under "clean".
        rainy = [(lq, gt) for lq, gt in pairs if (lq != gt).any()]
        yield _row(restorer, f"Kodak24, rain {preset}", iter(rainy), len(rainy))


def _clean(restorer: Restorer, data: Path, every: int) -> Iterator[dict[str, Any]]:
    files = _kodak(data, every)
    if files:
        samples = ((image, image) for image in map(read_image, files))
        row = _row(restorer, "Kodak24, clean", samples, len(files))
        # The input is the truth: its PSNR is infinite.
        yield {**row, "input": {}}


def _real(restorer: Restorer, data: Path, every: int) -> Iterator[dict[str, Any]]:
    from restorekit.metrics.functional import niqe

    files = sorted((data / "real_rain").glob("*.jpg"))[::every]
    before, after = [], []
    for file in progress(files, "real rain", len(files)):
        image = read_image(file)
        if min(image.shape[:2]) >= 192:
            before.append(niqe(image))
            after.append(niqe(restorer(image)))
    if files:
        yield {
            "data": f"{len(before)} photographs of real rain",
            "protocol": "",
            "input": {"niqe": round(float(np.mean(before)), 4)},
            "restored": {"niqe": round(float(np.mean(after)), 4)},
        }


def _sheet(restorer: Restorer, data: Path, target: Path) -> None:
    """Write a picture with a column for each of :data:`SHOWN`."""
    from restorekit.io.images import write_image
    from restorekit.rain import RainRenderer

    columns = []
    for name, preset, seed in SHOWN:
        file = next((data / "free_photos" / "val").glob(f"{name}_*.jpg"))
        photograph = read_image(file)
        top, left = photograph.shape[0] // 2 - 150, photograph.shape[1] // 2 - 150
        # Rain of the size of the benchmarks' images.
        gt = np.ascontiguousarray(photograph[top : top + 300, left : left + 300])
        lq = RainRenderer(preset)(gt, np.random.default_rng((SEED, seed)))
        columns.append(np.vstack([lq, restorer(lq), gt]))
    write_image(target, np.hstack(columns))


def _cost(restorer: Restorer) -> tuple[float, float, int]:
    """Return seconds, processor time and peak of memory for one image of 6000×4000 pixels.

    Processor time tells something even where other programs run beside.
    """
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (4000, 6000, 3), dtype=np.uint8)
    memory.restart_peaks()
    started, used = time.perf_counter(), time.process_time()
    restorer(image)
    seconds, processor = time.perf_counter() - started, time.process_time() - used
    return seconds, processor, memory.resident_peak()
