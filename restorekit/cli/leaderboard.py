"""Rank results files: one table for each test set and protocol, never mixing either.

With --out, writes leaderboard.md, .csv, .tex and .html; the page needs no network.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.errors import ConfigError
from restorekit.io.files import require_writable

if TYPE_CHECKING:
    from restorekit.leaderboard import Pictures, Report, Results, Section

#: Default number of images of a test set with pictures in the page.
MAX_IMAGES = 8


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit leaderboard``."""
    parser.add_argument(
        "results",
        nargs="*",
        metavar="RESULTS",
        help="results files of `restorekit test --out` or `restorekit evaluate --out`",
    )
    parser.add_argument(
        "--protocol",
        action="append",
        default=[],
        metavar="NAME",
        help="rank under this protocol, or by a measure without one such as niqe; repeatable "
        "(default: all that the files share)",
    )
    parser.add_argument(
        "--references",
        action="store_true",
        help="show published numbers of the same method, test set and protocol",
    )
    parser.add_argument(
        "--paper-tables",
        action="store_true",
        help="also show Tables 1 and 2 of the DCSFN paper, filled in from these results; without "
        "RESULTS show nothing else",
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

    if not args.results and not args.paper_tables:
        raise ConfigError(
            "There are no results files to rank: name some, or ask for --paper-tables alone."
        )
    if args.images and not args.out:
        raise ConfigError("--images needs --out: images are shown in the page only.")
    if args.out:
        require_writable(args.out, "--out", folder=True)
    results = {path: leaderboard.read_results(path) for path in args.results}
    references = published_numbers()
    papers = leaderboard.paper_tables(references, results) if args.paper_tables else None
    rankings = leaderboard.rank_all(results, tuple(args.protocol)) if results else []
    sections = leaderboard.make_sections(rankings, references if args.references else None)
    shown = [
        leaderboard.report_markdown(papers) if papers else "",
        leaderboard.markdown(sections),
    ]
    sys.stdout.write("\n".join(filter(None, shown)))
    if args.out:
        _write(args, results, sections, papers)


def _write(
    args: argparse.Namespace,
    results: Mapping[str, Results],
    sections: Sequence[Section],
    papers: Report | None,
) -> None:
    from restorekit import leaderboard

    folder = Path(args.out)
    folders = leaderboard.find_folders(results, args.images)
    pictures: dict[str, Pictures] = {}
    for ranking in (section.board.ranking for section in sections):
        fingerprint = ranking.dataset.fingerprint
        if fingerprint not in pictures:
            pictures[fingerprint] = leaderboard.choose_pictures(ranking, folders, args.max_images)
    written = []
    if papers:
        rows = [
            [chapter.title, *(cell.text() for cell in row)]
            for chapter in papers.chapters
            for table in chapter.tables
            for row in zip(*(column.cells for column in table.columns), strict=True)
        ]
        written += leaderboard.write_report(folder, "paper_tables", papers, rows)
    if sections:
        written += leaderboard.write_leaderboard(folder, sections, pictures)
    sys.stdout.write(f"\nWritten: {', '.join(map(str, written))}\n")
