"""Measure speed, each benchmark against plain implementations and other packages."""

from __future__ import annotations

import argparse

from restorekit.cli.subcommands import add_subcommands

#: Benchmark, and the sentence that ``restorekit bench --help`` shows for it. The module of the
#: same name in ``restorekit.benchmarks`` has ``add_arguments(parser)`` and ``run(args)``.
BENCHMARKS = {
    "cost": "what a network takes, by image size, channels and batch",
    "data": "reading training patches from LMDBs and folders",
    "infer": "inference of a network",
    "loss": "the SSIM loss, forward and backward",
    "metrics": "PSNR, SSIM under all protocols, and NIQE",
    "scaling": "training by several processes against training by one",
    "train": "training steps of a network",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the benchmarks."""
    add_subcommands(parser, "restorekit.benchmarks", BENCHMARKS)


def run(args: argparse.Namespace) -> None:
    """Run the benchmark."""
    args.run_subcommand(args)
