"""Render rain onto clean images and write the pairs.

OUT gets lq/ (rainy) and gt/ (clean); give OUT to a dataset as its data_root. Images keep their
names; with --variants K each gets K rainy versions, NAME_1.png to NAME_K.png, which datasets pair
with NAME.png by themselves.

The same command gives the same images, on any number of processes. Run it again to continue an
interrupted run.
"""

from __future__ import annotations

import argparse
import sys

from restorekit.cli.arguments import add_skip_broken
from restorekit.io.files import require_writable
from restorekit.io.terminal import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit data synthesize``."""
    parser.add_argument("clean", help="folder of clean images, or an LMDB")
    parser.add_argument("out", help="folder to write to, not inside CLEAN")
    parser.add_argument(
        "--preset",
        required=True,
        metavar="P",
        help="kind of rain: rain100l, rain100h, rain1200, rain1400, or real, a mixture",
    )
    parser.add_argument(
        "--variants",
        type=int,
        default=1,
        metavar="K",
        help="rainy images for each clean one (default: 1)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="another seed is another rain (default: 0)"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    add_skip_broken(parser)


def run(args: argparse.Namespace) -> None:
    """Render and write the pairs."""
    from restorekit.datasets.preparation.synthesis import synthesize_pairs
    from restorekit.rain import RainRenderer

    require_writable(args.out, "OUT", folder=True)
    made = synthesize_pairs(
        args.clean,
        args.out,
        RainRenderer(args.preset),
        variants=args.variants,
        seed=args.seed,
        workers=args.workers,
        skip_broken=args.skip_broken,
    )
    found = counted(made.num_found, "image")
    earlier = f", those of {found} by an earlier run" if made.num_found else ""
    sys.stdout.write(f"{args.out} holds {counted(made.num_pairs, 'pair')}{earlier}.\n")
