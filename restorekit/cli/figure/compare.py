"""Show images of several methods side by side, with enlarged parts and what they score.

Each row is an image, each column a method; the input comes first, the ground truth last.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.cli.figure.output import add_output, write_figure
from restorekit.cli.measuring import (
    add_metrics,
    add_processes,
    add_protocol,
    report_left_out,
)
from restorekit.errors import ConfigError

if TYPE_CHECKING:
    from restorekit.figures import Comparison


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit figure compare``."""
    parser.add_argument(
        "--images",
        nargs="+",
        required=True,
        metavar="LABEL=DIR",
        help="folder of restored images of each method, in the order of the columns",
    )
    parser.add_argument("--gt", metavar="DIR", help="folder of clean images: the last column")
    parser.add_argument("--lq", metavar="DIR", help="folder of rainy images: the first column")
    parser.add_argument(
        "--pairs",
        default="auto",
        metavar="RULE",
        help="how the name of a restored image leads to its clean one, as for "
        "`restorekit evaluate`",
    )
    parser.add_argument(
        "--pick",
        nargs="+",
        default=["largest-difference"],
        metavar="NAME",
        help="images to show: worst or best by the first measure, largest-difference between the "
        "methods (default), or names",
    )
    parser.add_argument(
        "--count", type=int, default=1, metavar="N", help="how many images to pick (default: 1)"
    )
    parser.add_argument(
        "--of", metavar="LABEL", help="the method that is worst or best (default: the last)"
    )
    parser.add_argument(
        "--crop",
        action="append",
        default=[],
        metavar="X,Y,W,H",
        help="part to enlarge, in pixels from the upper left; auto (default) for where the methods "
        "differ most, none for none; repeatable",
    )
    parser.add_argument(
        "--inset", action="store_true", help="put the enlarged part into a corner of its image"
    )
    add_protocol(
        parser, "protocol of the PSNR and SSIM below the images (default with --gt: rgb_u8)"
    )
    add_metrics(parser, "another measure below the images, such as niqe; repeatable")
    parser.add_argument(
        "--error-maps", action="store_true", help="add maps of the absolute error to --gt"
    )
    add_output(parser, width=174)
    parser.add_argument(
        "--dpi",
        type=int,
        default=300,
        metavar="N",
        help="pixels per inch; enlarged parts keep their own in .svg and .pdf (default: 300)",
    )
    add_processes(parser)
    add_plugin(parser, "protocols and measures")


def run(args: argparse.Namespace) -> None:
    """Draw, write, and say what the figure shows."""
    from restorekit.figures import compare
    from restorekit.figures.boxes import parse_box
    from restorekit.figures.comparison import DEFAULT_PROTOCOL
    from restorekit.figures.saving import check_outputs

    load_plugins(args)
    check_outputs(args.out, "-o")
    if args.protocol and not args.gt:
        raise ConfigError(f"--protocol {args.protocol} compares with clean images: give --gt.")
    images = labelled_folders(args.images)
    report_left_out(images.values(), [args.gt, args.lq])
    comparison = compare(
        images,
        gt=args.gt,
        lq=args.lq,
        pairing=args.pairs,
        pick=args.pick,
        count=args.count,
        of=args.of,
        crops=[] if args.crop == ["none"] else [parse_box(one) for one in args.crop or ["auto"]],
        inset=args.inset,
        protocol=args.protocol or DEFAULT_PROTOCOL,
        metrics=args.metric,
        error_maps=args.error_maps,
        width=args.width,
        dpi=args.dpi,
        processes=args.processes,
    )
    sys.stdout.write(f"{_table(comparison)}\n")
    write_figure(comparison.figure, args)


def labelled_folders(arguments: Sequence[str]) -> dict[str, str]:
    """Return label to folder of arguments ``LABEL=DIR``.

    Raises:
        ConfigError: If one is not of that form, or a label comes twice.
    """
    folders: dict[str, str] = {}
    for argument in arguments:
        label, _, folder = argument.partition("=")
        if not label or not folder:
            raise ConfigError(
                f"--images {argument!r} must be LABEL=FOLDER, for instance "
                "--images DCSFN=work_dirs/dcsfn/restored."
            )
        if label in folders:
            raise ConfigError(f"--images has the label {label!r} twice: choose another for one.")
        folders[label] = folder
    return folders


def _table(comparison: Comparison) -> str:
    """Return what each image of the figure shows: crops and values, for the caption."""
    from restorekit.io.terminal import text_table
    from restorekit.metrics.measures import fine_digits

    rows = []
    for row in comparison.rows:
        for heading, values in row.values.items():
            cells = []
            for key, quantity in comparison.plan.quantities.items():
                value = values[key]
                digits = fine_digits(quantity.measure)
                cells.append("–" if isinstance(value, str) else f"{value:.{digits}f}")
            rows.append([row.name, " ".join(map(str, row.boxes)), heading, *cells])
    title = ["image", "crop", "column", *comparison.plan.quantities]
    return text_table(title, rows, right=range(3, len(title)))
