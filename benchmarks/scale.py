"""Measure what a command costs on a folder of very many pairs.

A few small pairs are written, and the others are further names (hard links) of them, so that the
folder has its number of files without their bytes: looking at files is measured, decoding is not.
Each command runs in a process of its own.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.photographs import write_pairs
from restorekit.errors import ConfigError
from restorekit.io.terminal import progress, text_table

#: Different pairs; a file has at most 65,000 names on ext4.
_DIFFERENT = 64
_SIDE = 64
_COMMANDS = ("start", "verify", "lmdb", "start-lmdb")
_CONFIG = """
_base_ = ["{configs}/_base_/datasets/paired.py", "{configs}/_base_/runtime/default.py"]
model = dict(type="Restorer", network=dict(type="PReNet", channels=4, num_stages=1),
             loss=dict(type="L1Loss"))
_pipeline = [dict(type="PairedRandomCrop", patch_size=32), dict(type="PackInputs")]
train_dataloader = dict(total_batch_size=2, num_workers=0,
                        dataset=dict(data_root="{data}", subset=None, split="train", hint="",
                                     pipeline=_pipeline))
val_dataloader = val_cfg = val_evaluator = None
test_dataloader = test_cfg = test_evaluator = None
train_cfg = dict(type="IterTrainLoop", max_iters=1)
optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-3))
work_dir = "{work_dir}"
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks scale``."""
    parser.add_argument("--pairs", type=int, default=10_000, metavar="N", help="(default: 10000)")
    parser.add_argument(
        "--commands",
        nargs="+",
        choices=_COMMANDS,
        default=_COMMANDS[:1],
        help="start: a training of one step, twice; verify and lmdb: of `restorekit data`; "
        "start-lmdb: the training on what lmdb wrote (default: start)",
    )
    parser.add_argument("--folder", help="where to make the pairs (default: a temporary folder)")


def run(args: argparse.Namespace) -> None:
    """Make the pairs, run the commands, and print the table."""
    if args.pairs < _DIFFERENT:
        raise ConfigError(f"--pairs is {args.pairs}, but must be at least {_DIFFERENT}.")
    if "start-lmdb" in args.commands and "lmdb" not in args.commands:
        raise ConfigError("--commands start-lmdb needs lmdb, too: it trains on what lmdb writes.")
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        root = Path(folder)
        _make_pairs(root / "data" / "train", args.pairs)
        rows = [
            [label, *_measure(command)] for label, command in _commands(root, set(args.commands))
        ]
    sys.stdout.write(f"{args.pairs:,} pairs of {_SIDE}x{_SIDE} pixels\n")
    sys.stdout.write(text_table(["", "wall, s", "CPU, s", "memory, MB"], rows, right=[1, 2, 3]))


def _commands(root: Path, wanted: set[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield what to run: a label, and the arguments of ``restorekit``."""
    folder, lmdb = str(root / "data" / "train"), root / "lmdb"
    if "start" in wanted:
        yield "training, first start", _training(root, "data")
        yield "training, second start", _training(root, "data")
    if "verify" in wanted:
        yield "data verify", ["data", "verify", folder]
    if "lmdb" in wanted:
        yield "data lmdb", ["data", "lmdb", folder, str(lmdb / "train.lmdb")]
    if "start-lmdb" in wanted:
        yield "training on the LMDB", _training(root, "lmdb")


def _training(root: Path, data: str) -> list[str]:
    config = root / f"{data}.py"
    configs = Path(__file__).resolve().parent.parent / "configs"
    work_dir = root / f"work_{data}"
    config.write_text(
        _CONFIG.format(configs=configs, data=root / data, work_dir=work_dir), encoding="utf-8"
    )
    return ["train", str(config)]


def _make_pairs(folder: Path, number: int) -> None:
    write_pairs(folder, _DIFFERENT, _SIDE, _SIDE)
    for kind in ("lq", "gt"):
        originals = sorted((folder / kind).iterdir())
        for index in progress(range(_DIFFERENT, number), f"naming {kind}"):
            os.link(originals[index % _DIFFERENT], folder / kind / f"{index:07d}.png")


def _measure(arguments: list[str]) -> list[str]:
    """Run a command, and return its seconds, those of its processors, and its largest memory."""
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603  restorekit itself
            [sys.executable, "-m", "restorekit.cli", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
        # Not communicate(): only wait4 says what this one child has used.
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        # Pairs of the same pixels are a finding of `verify` (status 2), not a failure of it.
        if process.returncode and "verify" not in arguments:
            said.seek(0)
            last = said.read().decode(errors="replace").strip().splitlines()[-1:]
            raise ConfigError(f"`restorekit {' '.join(arguments)}` failed: {' '.join(last)}")
    return [f"{wall:.1f}", f"{used.ru_utime + used.ru_stime:.1f}", f"{used.ru_maxrss / 1024:,.0f}"]
