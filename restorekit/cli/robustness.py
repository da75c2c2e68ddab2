"""Report how networks fare as rain, image size and compression change."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.cli.measuring import add_protocol
from restorekit.io.files import require_writable

if TYPE_CHECKING:
    from restorekit.robustness import Model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit robustness``."""
    parser.add_argument(
        "model",
        nargs="+",
        metavar="[LABEL=]MODEL",
        help="name of a published network, a network file or a checkpoint of a training",
    )
    parser.add_argument("--images", required=True, metavar="D", help="folder of clean photographs")
    parser.add_argument(
        "-o", "--out", metavar="D", default="robustness", help="folder for the report"
    )
    parser.add_argument(
        "--quick", action="store_true", help="four photographs, reduced, and fewer conditions"
    )
    add_protocol(parser, "measure under this protocol (default: %(default)s)", "rgb_u8")
    parser.add_argument("--seed", type=int, default=0, help="seed of the rain (default: 0)")
    parser.add_argument(
        "--results",
        nargs="+",
        default=[],
        metavar="[TRAINING_SET=]FILE",
        help="results files for the matrix of training sets against test sets",
    )
    parser.add_argument("--device", help="cpu, cuda, … (default: a GPU where there is one)")
    add_plugin(parser, "networks")


def run(args: argparse.Namespace) -> None:
    """Measure and write the report as ``args`` say."""
    from restorekit.metrics.protocols import get_protocol
    from restorekit.robustness import (
        conditions,
        draw_failures,
        find_failures,
        measure_robustness,
        read_matrix,
        take_photos,
        write_robustness,
    )

    load_plugins(args)
    out = Path(args.out)
    require_writable(out, "--out", folder=True)
    protocol = get_protocol(args.protocol)
    matrix = None
    if args.results:
        from restorekit.metrics.measures import build_measure

        matrix = read_matrix(args.results, protocol, build_measure(protocol.measures[0]))
    photos = take_photos(args.images, args.quick)
    models = [_model(text, args.device) for text in args.model]
    measured = measure_robustness(models, photos, conditions(args.quick), protocol, args.seed)
    count = 2 if args.quick else 3
    failures = [one for model in models for one in find_failures(measured, model.label, count)]
    gallery = draw_failures(out / "failures", failures, models, photos, measured)
    paths = write_robustness(out, measured, matrix, failures, gallery)
    sys.stdout.write(f"Report: {', '.join(map(str, paths))}\n")


def _model(text: str, device: str | None) -> Model:
    from restorekit.inference import load_restorer
    from restorekit.robustness import Model

    label, _, source = text.partition("=")
    if Path(text).exists() or not source:
        label, source = Path(text).stem, text
    return Model(label, load_restorer(source, device=device))
