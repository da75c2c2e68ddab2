"""Draw a study's tables and figures, with published and measured numbers side by side.

Cells are filled by the study's own runs, and by --results: files of `restorekit test` or
`restorekit evaluate` of the same method, on the same test set, under the same protocol. With --out,
writes NAME.md, .csv, .tex and .html (for a part alone NAME_PART.md and so on), and figures as PNG,
SVG and PDF; the page needs no network.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from restorekit.cli.study.choice import add_study, chosen_root, chosen_study
from restorekit.errors import DataError
from restorekit.io.files import require_writable
from restorekit.io.terminal import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit study draw``."""
    add_study(parser)
    parser.add_argument(
        "--results",
        nargs="+",
        default=[],
        metavar="PATH",
        help="results files, or folders of them, to use in the cells that they fit",
    )
    parser.add_argument("--out", metavar="D", help="output folder")


def run(args: argparse.Namespace) -> None:
    """Show the tables and, with ``--out``, write them.

    Raises:
        DataError: After that, if results of the study's own runs could not be used.
    """
    from restorekit.studies.drawing import draw_study

    if args.out:
        require_writable(args.out, "--out", folder=True)
    study, parts = chosen_study(args)
    out = Path(args.out) if args.out else None
    drawing = draw_study(study, chosen_root(args), args.results, out, parts=parts)
    sys.stdout.write(drawing.markdown())
    if out is not None:
        written = drawing.write(out)
        sys.stdout.write(f"\nWritten: {', '.join(map(str, written))}\n")
    if drawing.unreadable:
        first, *others = drawing.unreadable
        raise DataError(
            f"{counted(1 + len(others), 'results file')} cannot be used, so cells are empty: "
            f"{first}{' The others are listed above.' if others else ''}"
        )
