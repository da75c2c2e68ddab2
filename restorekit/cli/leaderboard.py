"""Rank results files: one table for each test set and protocol, never mixing either."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit leaderboard``."""
    parser.add_argument(
        "results", nargs="+", metavar="RESULTS", help="results files of `restorekit test --out`"
    )
    parser.add_argument(
        "--protocol",
        action="append",
        default=[],
        metavar="NAME",
        help="rank by this protocol; repeatable (default: all that the files share)",
    )
    parser.add_argument("--out", metavar="D", help="folder for leaderboard.md and leaderboard.csv")


def run(args: argparse.Namespace) -> None:
    """Show the tables and, with ``--out``, write them."""
    from restorekit.files import write_text
    from restorekit.leaderboard import markdown, rank_all, read_results, to_csv

    results = {path: read_results(path) for path in args.results}
    rankings = rank_all(results, tuple(args.protocol))
    tables = markdown(rankings)
    sys.stdout.write(tables)
    if args.out:
        folder = Path(args.out)
        write_text(folder / "leaderboard.md", f"# Leaderboard\n\n{tables}")
        write_text(folder / "leaderboard.csv", to_csv(rankings))
