"""Show the quality of methods against their cost, from results files, with the Pareto front."""

from __future__ import annotations

import argparse

from restorekit.cli.figure.output import add_output, write_figure


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit figure scatter``."""
    parser.add_argument(
        "results",
        nargs="+",
        metavar="RESULTS",
        help="results files on one test set; several of one method, as of several seeds, become a "
        "mean with a standard deviation",
    )
    parser.add_argument(
        "--key", required=True, metavar="KEY", help="quality, such as psnr/rgb_float"
    )
    parser.add_argument(
        "--against",
        default="macs",
        metavar="COST",
        help="macs (default), parameters, seconds or memory",
    )
    add_output(parser, width=84)


def run(args: argparse.Namespace) -> None:
    """Draw and write."""
    from restorekit.evaluation.results import read_results
    from restorekit.figures import scatter
    from restorekit.figures.saving import check_outputs

    check_outputs(args.out, "-o")
    results = [read_results(path) for path in args.results]
    figure = scatter(results, args.key, against=args.against, width=args.width)
    write_figure(figure, args)
