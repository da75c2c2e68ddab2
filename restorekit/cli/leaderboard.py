"""Rank results files: one table for each test set and protocol, never mixing either.

With --out, writes leaderboard.md, .csv, .tex and .html; the page needs no network.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.measuring import add_protocols
from restorekit.errors import ConfigError
from restorekit.io.files import require_writable

if TYPE_CHECKING:
    from restorekit.leaderboard import Pictures, Results, Section

#: Default number of images of a test set with pictures in the page.
MAX_IMAGES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit leaderboard``."""
    parser.add_argument(
        "results",
        nargs="+",
        metavar="RESULTS",
        help="results files of `restorekit test --out` or `restorekit evaluate --out`",
    )
    add_protocols(
        parser,
        "rank under this protocol, or by a measure without one such as niqe; repeatable "
        "(default: all that the files share)",
    )
    parser.add_argument(
        "--references",
        action="store_true",
        help="show published numbers of the same method, test set and protocol",
    )
    parser.add_argument(
        "--images",
        action="append",
        default=[],
        metavar="METHOD=FOLDER",
        help="restored images of a method (or of a results file), 'gt' for the clean ones, to "
        "compare in the page; repeatable (default: the folder of each results file's name "
        "without .json)",
    )
    parser.add_argument(
        "--max-images",
        type=int,
        default=MAX_IMAGES,
        metavar="N",
        help=f"number of images of a test set with pictures in the page (default: {MAX_IMAGES})",
    )
    parser.add_argument("--out", metavar="D", help="output folder")


def run(args: argparse.Namespace) -> None:
    """Show the tables and, with ``--out``, write them."""
    from restorekit import leaderboard
    from restorekit.catalog import published_numbers

    if args.images and not args.out:
        raise ConfigError("--images needs --out: images are shown in the page only.")
    if args.out:
        require_writable(args.out, "--out", folder=True)
    results = {path: leaderboard.read_results(path) for path in args.results}
    references = published_numbers() if args.references else None
    rankings = leaderboard.rank_all(results, tuple(args.protocol))
    sections = leaderboard.make_sections(rankings, references)
    sys.stdout.write(leaderboard.markdown(sections))
    if args.out:
        _write(args, results, sections)


def _write(
    args: argparse.Namespace,
    results: Mapping[str, Results],
    sections: Sequence[Section],
) -> None:
    from restorekit import leaderboard

    folder = Path(args.out)
    folders = leaderboard.find_folders(results, args.images)
    pictures: dict[str, Pictures] = {}
    for ranking in (section.board.ranking for section in sections):
        fingerprint = ranking.dataset.fingerprint
        if fingerprint not in pictures:
            pictures[fingerprint] = leaderboard.choose_pictures(ranking, folders, args.max_images)
    written = leaderboard.write_leaderboard(folder, sections, pictures)
    sys.stdout.write(f"\nWritten: {', '.join(map(str, written))}\n")
