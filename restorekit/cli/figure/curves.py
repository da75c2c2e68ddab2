"""Show losses and metrics over several trainings, from their history.csv."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from restorekit.cli.figure.output import add_output, write_figure
from restorekit.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit figure curves``."""
    parser.add_argument(
        "runs", nargs="+", metavar="RUN", help="folder of a training, or its history.csv"
    )
    parser.add_argument(
        "--key",
        action="append",
        required=True,
        metavar="KEY",
        help="column of the histories, such as psnr/rgb_float or loss; repeatable, a panel each",
    )
    parser.add_argument(
        "--labels",
        nargs="+",
        metavar="LABEL",
        help="a label for each RUN (default: its folder's name); runs with the same one, as with "
        "several seeds, become a mean with a band of one standard deviation",
    )
    parser.add_argument(
        "--smooth",
        type=int,
        default=1,
        metavar="N",
        help="draw means of N neighbouring points, an odd number (default: 1)",
    )
    parser.add_argument(
        "--x", default="iter", metavar="COUNT", help="horizontal axis: iter (default) or epoch"
    )
    add_output(parser, width=84)


def run(args: argparse.Namespace) -> None:
    """Draw and write."""
    from restorekit.figures import curves
    from restorekit.figures.saving import check_outputs

    check_outputs(args.out, "-o")
    runs = by_label(args.runs, args.labels)
    figure = curves(runs, args.key, smooth=args.smooth, x=args.x, width=args.width)
    write_figure(figure, args)


def by_label(runs: Sequence[str], labels: Sequence[str] | None) -> dict[str, list[str]]:
    """Return label to trainings.

    Raises:
        ConfigError: If there are not as many labels as trainings, or two trainings without
            labels have the same name.
    """
    if labels is None:
        names = [_name(run) for run in runs]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ConfigError(
                f"Several of the trainings are called {twice!r}: tell them apart, or join them, "
                "with --labels."
            )
        labels = names
    if len(labels) != len(runs):
        raise ConfigError(
            f"--labels gives {len(labels)} labels to {len(runs)} trainings: give one to each."
        )
    grouped: dict[str, list[str]] = {}
    for label, one in zip(labels, runs, strict=True):
        grouped.setdefault(label, []).append(one)
    return grouped


def _name(run: str) -> str:
    path = Path(run).absolute()
    return (path.parent if path.name == "history.csv" else path).name
