"""Time reading training patches from restorekit's LMDBs and folders, against BasicSR's way.

Without a config or --data-root, pairs are generated whose PNGs are as large as those of
photographs. Each round is an epoch of a data loader that starts and ends with nothing loaded
ahead. Memory is that of the main process, without its workers.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks import report
from benchmarks.report import Benchmark
from restorekit.errors import ConfigError
from restorekit.io.terminal import text_table

#: What is timed.
Work = Callable[[], object]

_RAW, _ENCODED, _FOLDERS = "restorekit, raw LMDB", "restorekit, encoded LMDB", "restorekit, PNG"
_PLAIN_FOLDERS, _PLAIN_LMDB = "BasicSR's way, PNG", "BasicSR's way, LMDB"
_MEMORY = "memory: copying as many bytes"
_COMPARISONS = (
    (_RAW, _PLAIN_FOLDERS),
    (_ENCODED, _PLAIN_LMDB),
    (_FOLDERS, _PLAIN_FOLDERS),
)
#: Batches per round, with and without decoding, so that a round takes tenths of a second.
_DECODED_BATCHES = 4
_COPIED_BATCHES = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks data``."""
    report.add_arguments(parser)
    parser.add_argument(
        "config", nargs="?", help="take the pairs of this config's train_dataloader"
    )
    parser.add_argument("--data-root", metavar="D", help="take the pairs in this folder or LMDB")
    parser.add_argument("--split", default="train", help="part of --data-root (default: train)")
    parser.add_argument(
        "--pairs", type=int, default=100, help="number of pairs to take or generate (default: 100)"
    )
    parser.add_argument("--height", type=int, default=321, help="of generated pairs (default: 321)")
    parser.add_argument("--width", type=int, default=481, help="of generated pairs (default: 481)")
    parser.add_argument("--patch-size", type=int, default=64, metavar="N", help="default: 64")
    parser.add_argument("--batch-size", type=int, default=24, metavar="N", help="default: 24")
    parser.add_argument(
        "--workers", type=int, nargs="+", metavar="N", default=[0, min(4, os.cpu_count() or 1)],
        help="worker processes of the data loader, one or more numbers (default: 0 and the cores)",
    )  # fmt: skip


def run(args: argparse.Namespace) -> None:
    """Prepare the data in a temporary folder, time, and show medians and ratios."""
    for option in ("pairs", "height", "width", "patch_size", "batch_size"):
        if getattr(args, option) < 1:
            raise ConfigError(f"--{option.replace('_', '-')} must be at least 1.")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _prepare(root, args)
        results = report.run(args, _benchmark(root, args))
    _show_rates(results)


def _benchmark(root: Path, args: argparse.Namespace) -> Benchmark:
    sizes = (args.patch_size, args.batch_size)
    setups: dict[str, tuple[Callable[..., Work], int]] = {
        _RAW: (functools.partial(_ours, root / "raw.lmdb"), _COPIED_BATCHES),
        _ENCODED: (functools.partial(_ours, root / "encoded.lmdb"), _DECODED_BATCHES),
        _FOLDERS: (functools.partial(_ours, root / "files"), _DECODED_BATCHES),
        _PLAIN_FOLDERS: (functools.partial(_plain, root / "files", False), _DECODED_BATCHES),
        _PLAIN_LMDB: (functools.partial(_plain, root / "files", True), _DECODED_BATCHES),
    }
    memory_bytes = 2 * 3 * args.patch_size**2 * args.batch_size
    contenders: dict[str, Callable[[], Work]] = {
        _MEMORY: functools.partial(_copy, memory_bytes, _COPIED_BATCHES)
    }
    units = {_MEMORY: _COPIED_BATCHES * args.batch_size}
    comparisons = []
    for workers in args.workers:
        for name, (setup, batches) in setups.items():
            full = _with_workers(name, workers)
            contenders[full] = functools.partial(setup, *sizes, batches, workers)
            units[full] = batches * args.batch_size
        comparisons += [
            (_with_workers(ours, workers), _with_workers(other, workers))
            for ours, other in _COMPARISONS
        ]
        comparisons.append((_with_workers(_RAW, workers), _MEMORY))
    return Benchmark(
        name="data",
        title=f"{args.pairs} pairs, patches of {sizes[0]}×{sizes[0]} in batches of {sizes[1]}",
        contenders=contenders,
        comparisons=comparisons,
        unit="sample",
        units=units,
        show_memory=True,
    )


def _with_workers(name: str, workers: int) -> str:
    return f"{name}, {workers} workers"


def _show_rates(results: dict[str, Any]) -> None:
    limit = results["contenders"][_MEMORY]["seconds"]
    rows = [
        [name, f"{1 / one['seconds']:,.0f}", f"{100 * limit / one['seconds']:.2f}"]
        for name, one in results["contenders"].items()
    ]
    title = ["contender", "samples/s", "% of copying memory"]
    sys.stdout.write("\n" + text_table(title, rows, right=(1, 2)))


def _prepare(root: Path, args: argparse.Namespace) -> None:
    """Write the pairs as files, as restorekit's LMDBs and as BasicSR's LMDBs."""
    from benchmarks.photographs import write_pairs
    from benchmarks.reference_data import write_plain_lmdb
    from restorekit.datasets import open_pairs, write_lmdb
    from restorekit.io.images import write_image

    files = root / "files"
    if args.config or args.data_root:
        reader = _given_pairs(args)
        for index in range(min(args.pairs, len(reader))):
            lq, gt = reader.read(index)
            for side, image in (("lq", lq), ("gt", gt)):
                if image is not None:
                    write_image(files / side / f"{index:05d}.png", image)
    else:
        write_pairs(files, args.pairs, args.height, args.width)
    pairs = open_pairs(files)
    write_lmdb(pairs, root / "raw.lmdb", "raw")
    write_lmdb(pairs, root / "encoded.lmdb", "encoded")
    write_plain_lmdb(files)


def _given_pairs(args: argparse.Namespace) -> Any:
    from restorekit.datasets import checked, open_pairs

    if not args.config:
        return checked(open_pairs(args.data_root, args.split))
    from restorekit.engine.config import load_config, set_data_root
    from restorekit.registry import DATASETS

    config = load_config(args.config)
    if args.data_root:
        set_data_root(config, args.data_root)
    dataset = DATASETS.build(config.train_dataloader.dataset)
    if not hasattr(dataset, "reader"):
        raise ConfigError(
            f"{args.config}: the dataset of train_dataloader is a {type(dataset).__name__}, which "
            "does not read pairs itself: use a config with a PairedDataset."
        )
    return dataset.reader


def _ours(path: Path, patch_size: int, batch_size: int, batches: int, workers: int) -> Work:
    from restorekit.datasets import PairedDataset, collate_samples

    crop = {"type": "PairedRandomCrop", "patch_size": patch_size}
    dataset = PairedDataset(path, pipeline=[crop, {"type": "PackInputs"}])
    return _epochs(dataset, collate_samples, batch_size, batches, workers)


def _plain(
    root: Path, from_lmdb: bool, patch_size: int, batch_size: int, batches: int, workers: int
) -> Work:
    from torch.utils.data import default_collate

    from benchmarks.reference_data import PlainPairs

    dataset = PlainPairs(root, patch_size, from_lmdb)
    return _epochs(dataset, default_collate, batch_size, batches, workers)


def _epochs(dataset: Any, collate: Any, batch_size: int, batches: int, workers: int) -> Work:
    from torch.utils.data import DataLoader

    from restorekit.datasets import ReproducibleSampler

    order = ReproducibleSampler(dataset, seed=0, infinite=True)
    loader: DataLoader[Any] = DataLoader(
        dataset,
        batch_size=batch_size,
        sampler=_First(order, batches * batch_size),
        collate_fn=collate,
        num_workers=workers,
        persistent_workers=workers > 0,
    )

    def work() -> None:
        for _ in loader:
            pass

    return work


class _First:
    """The beginning of an endless sampler."""

    def __init__(self, sampler: Any, number: int) -> None:
        self._sampler, self._number = sampler, number

    def __len__(self) -> int:
        return self._number

    def __iter__(self) -> Iterator[int]:
        return itertools.islice(iter(self._sampler), self._number)


def _copy(num_bytes: int, batches: int) -> Work:
    """Copy batches from an array too large for the processor's caches."""
    import numpy as np

    source = np.zeros((max(2, (1 << 28) // num_bytes), num_bytes), np.uint8)
    target = np.empty(num_bytes, np.uint8)
    source += 1

    def work() -> None:
        for number in range(batches):
            np.copyto(target, source[number % len(source)])

    return work
