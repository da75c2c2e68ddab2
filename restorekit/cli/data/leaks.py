"""Find the photographs that a training and a test set share, by what the images show.

TRAIN and TEST are folders or LMDBs: pairs in any known layout, whose clean images are compared, or
photographs without clean versions, which are compared through the rain on them. If a folder holds
no pairs but folders train and test, TRAIN uses the first and TEST the second. Crops, changes of
size, JPEG and mirroring do not hide a copy. Give the same folder twice to find images that it holds
more than once.

Two images with a score of at least 0.5 are the same photograph. The exit status is 0 whether leaks
are found or not.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_skip_broken
from restorekit.cli.data.choices import require_workers
from restorekit.errors import ConfigError, DataError
from restorekit.io.terminal import text_table

if TYPE_CHECKING:
    from restorekit.datasets import PairReader
    from restorekit.leaks import Leak

_LAYOUTS = ("auto", "lmdb", "folders", "side_by_side", "images")
_SHOWN = 40


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit data leaks``."""
    parser.add_argument("train", metavar="TRAIN", help="training set")
    parser.add_argument("test", metavar="TEST", help="test set")
    parser.add_argument("--json", metavar="F", help="also write the pairs to this file")
    parser.add_argument(
        "--exclude-out",
        metavar="F",
        help="write the names of the training images that leak to this file, for a dataset's "
        "`exclude`",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=0.5,
        metavar="S",
        help="smallest score that is reported (default: 0.5); lower ones are likely false",
    )
    for role in ("train", "test"):
        parser.add_argument(
            f"--{role}-split", metavar="S", help=f"split of {role.upper()}, if it has several"
        )
    parser.add_argument(
        "--layout",
        choices=_LAYOUTS,
        default="auto",
        help="layout of TRAIN and TEST, if it is not recognised",
    )
    for role in ("train", "test"):
        parser.add_argument(
            f"--{role}-layout", choices=_LAYOUTS, help=f"layout of {role.upper()} alone"
        )
    parser.add_argument(
        "--lq-side",
        choices=("left", "right"),
        default="right",
        help="side of the rainy image in files with both (default: right)",
    )
    add_skip_broken(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: one a core)")


def run(args: argparse.Namespace) -> None:
    """Compare the sets and report.

    Raises:
        RestoreKitError: If an option has no such value, or a set cannot be read.
    """
    if not 0 < args.threshold <= 1:
        raise ConfigError(f"--threshold {args.threshold:g}: give a score above 0 and at most 1.")
    require_workers(args.workers)
    from restorekit.io.files import write_json, write_text
    from restorekit.leaks import find_leaks

    train, test = (_reader(args, role) for role in ("train", "test"))
    if train.location == test.location:
        test = train
        if args.exclude_out:
            raise ConfigError(
                "--exclude-out needs a training and a test set: within one set, both copies leak."
            )
    else:
        sys.stdout.write(f"TRAIN: {_what(train)}\n")
    sys.stdout.write(f"TEST: {_what(test)}\n")
    leaks = find_leaks(train, test, args.threshold, args.workers)
    if leaks:
        sys.stdout.write(_table(leaks))
    sys.stdout.write(f"{_summary(leaks, train, test)}\n")
    if args.json:
        pairs = [{"train": one.train, "test": one.test, "score": one.score} for one in leaks]
        write_json(args.json, {"pairs": pairs, "threshold": args.threshold})
    if args.exclude_out:
        leaking = {one.train for one in leaks}
        names = [name for i, name in enumerate(train.names) if train.label(i) in leaking]
        about = f"# {len(names)} images of {train.location} that {test.location} shows, too"
        write_text(args.exclude_out, "".join(f"{line}\n" for line in [about, *names]))


def _reader(args: argparse.Namespace, role: str) -> PairReader:
    from restorekit.datasets import checked, open_images, open_pairs

    root, split = getattr(args, role), getattr(args, f"{role}_split")
    layout = getattr(args, f"{role}_layout") or args.layout
    if layout == "images":
        reader = open_images(root, split)
    elif layout != "auto":
        reader = open_pairs(root, split, layout=layout, lq_side=args.lq_side)
    else:
        folder = Path(root).expanduser()
        below = [folder / (split or role), folder / f"{split or role}.lmdb"]
        candidates = [*below, folder] if split else [folder, *below]
        found = (_pairs(path) for path in candidates if path.is_dir())
        known = next((pairs for pairs in found if pairs is not None), None)
        reader = open_images(root, split) if known is None else known
    return checked(reader, skip_broken=args.skip_broken)


def _pairs(folder: Path) -> PairReader | None:
    from restorekit.datasets import open_pairs
    from restorekit.datasets.layouts.recognise import recognise

    known = recognise(folder)
    if known is not None:
        return known.reader
    try:
        return open_pairs(folder, layout="folders")  # lq and gt may be LMDBs written by BasicSR
    except DataError:
        return None


def _what(reader: PairReader) -> str:
    what = "images" if reader.file_layout == "single" else "pairs"
    return f"{len(reader):,} {what} in {reader.location}"


def _table(leaks: Sequence[Leak]) -> str:
    rows = [(f"{leak.score:.3f}", leak.train, leak.test) for leak in leaks[:_SHOWN]]
    table = text_table(("score", "train", "test"), rows, right=(0,))
    more = len(leaks) - _SHOWN
    return table + (f"… and {more:,} more pairs: --json writes all of them\n" if more > 0 else "")


def _summary(leaks: Sequence[Leak], train: PairReader, test: PairReader) -> str:
    if train is test:
        copies = len({label for leak in leaks for label in (leak.train, leak.test)})
        if not copies:
            return f"No image of {test.location} shows a photograph that another one shows."
        return f"{copies:,} of {len(test):,} images of {test.location} are copies of each other."
    if not leaks:
        return (
            f"No leak: none of the {len(test):,} test images shows a photograph of the "
            f"{len(train):,} training images."
        )
    tests, trains = (len({getattr(leak, role) for leak in leaks}) for role in ("test", "train"))
    verb, pairs = ("shows" if tests == 1 else "show"), ("pair" if len(leaks) == 1 else "pairs")
    return (
        f"{tests:,} of {len(test):,} test images {verb} the same photograph as {trains:,} of "
        f"{len(train):,} training images ({len(leaks):,} {pairs})."
    )
