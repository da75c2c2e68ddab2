"""The options that say where a figure goes and how wide it is."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def add_output(parser: argparse.ArgumentParser, width: float) -> None:
    """Add ``-o`` and ``--width``.

    Args:
        parser: The command's parser.
        width: The default width in millimetres.
    """
    parser.add_argument(
        "-o",
        "--out",
        nargs="+",
        required=True,
        metavar="FILE",
        help="the figure: .png, .svg, .pdf, or several of them",
    )
    parser.add_argument(
        "--width",
        type=float,
        default=width,
        metavar="MM",
        help="width in millimetres, such as 84 for one column of a journal or 174 for two "
        f"(default: {width:g})",
    )


def write_figure(figure: Figure, args: argparse.Namespace) -> None:
    """Write the figure to the files of ``-o`` and name them."""
    from restorekit.figures import save

    sys.stdout.write(f"Written: {', '.join(map(str, save(figure, *args.out)))}\n")
