"""Draw a study's tables and figures, with published and measured numbers side by side.

Cells are filled by the study's own runs, and by --results: files of `restorekit test` or
`restorekit evaluate` of the same method, on the same test set, under the same protocol. With --out,
writes NAME.md, .csv, .tex and .html, and figures as PNG, SVG and PDF; the page needs no network.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from restorekit.io.files import require_writable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit study draw``."""
    parser.add_argument("name", metavar="NAME", help="name of a study, or a study's .yml file")
    parser.add_argument(
        "--scale", default="full", metavar="S", help="a reduced version of it (default: full)"
    )
    parser.add_argument(
        "--work-dir",
        metavar="D",
        help="folder of all studies' runs (default: work_dirs/studies)",
    )
    parser.add_argument(
        "--results",
        nargs="+",
        default=[],
        metavar="PATH",
        help="results files, or folders of them, to use in the cells that they fit",
    )
    parser.add_argument("--out", metavar="D", help="output folder")


def run(args: argparse.Namespace) -> None:
    """Show the tables and, with ``--out``, write them."""
    from restorekit.studies import find_study
    from restorekit.studies.drawing import draw_study
    from restorekit.studies.places import ROOT

    if args.out:
        require_writable(args.out, "--out", folder=True)
    study = find_study(args.name).at_scale(args.scale)
    root = Path(args.work_dir) if args.work_dir else ROOT
    out = Path(args.out) if args.out else None
    drawing = draw_study(study, root, args.results, out)
    sys.stdout.write(drawing.markdown())
    if out is not None:
        written = drawing.write(out)
        sys.stdout.write(f"\nWritten: {', '.join(map(str, written))}\n")
