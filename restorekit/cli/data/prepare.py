"""Create the canonical form of a known dataset from any copy of it.

NAME is one that `restorekit data list` shows. The layout of the copy is recognised: that of PReNet,
RESCAN, MSPFN, MPRNet, DID-MDN, DDN, ID-CGAN, the datasets' websites and restorekit itself. The
result is OUT/<split>/lq and OUT/<split>/gt (OUT/<split>.lmdb with --lmdb), which the configs read
without further settings. Files with both images side by side are split and written as PNG, without
loss. Run the same command again to continue an interrupted run.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_skip_broken
from restorekit.cli.data.choices import require_split, require_workers
from restorekit.errors import DataError
from restorekit.io.files import require_writable

if TYPE_CHECKING:
    from restorekit.catalog import KnownDataset
    from restorekit.datasets import PairReader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit data prepare``."""
    parser.add_argument("name", help="dataset, as `restorekit data list` shows it")
    parser.add_argument("--src", required=True, metavar="D", help="folder of the copy")
    parser.add_argument("--out", metavar="D", help="folder to create (default: data/NAME)")
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--link", action="store_true", help="link to the files of the copy (the default)"
    )
    how.add_argument("--copy", action="store_true", help="copy the files")
    how.add_argument(
        "--lmdb", action="store_true", help="write an LMDB of raw pixels for each split"
    )
    parser.add_argument(
        "--split", metavar="S", help="split that --src is, if it is a single one: train or test"
    )
    parser.add_argument(
        "--lq-side",
        choices=("left", "right"),
        help="side of the rainy image in files with both, if it is not recognised",
    )
    add_skip_broken(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: one a core)")


def run(args: argparse.Namespace) -> None:
    """Recognise the copy and prepare every split that it holds.

    Raises:
        RestoreKitError: If it is not recognised or cannot be used.
    """
    from restorekit.catalog import get_dataset

    dataset = get_dataset(args.name)
    source = Path(args.src).expanduser()
    if not source.is_dir():
        raise DataError(f"--src {source} is not a folder: give the folder of the copy.")
    require_split(dataset, args.split)
    require_workers(args.workers)
    out = Path(args.out) if args.out else Path("data") / dataset.folder
    require_writable(out, "--out" if args.out else "", folder=True)
    readers = _readers(args, dataset, source)
    for split, reader in readers.items():
        _prepare(args, dataset, split, reader, out)
    for split in dataset.splits:
        if split not in readers and args.split is None:
            sys.stdout.write(f"{split}: not found below {source}\n")


def _readers(
    args: argparse.Namespace, dataset: KnownDataset, source: Path
) -> dict[str, PairReader]:
    """Return the pairs of each split that was found, and print what was found."""
    from restorekit.datasets import open_pairs
    from restorekit.datasets.layouts.find_splits import find_splits

    if args.lq_side is not None:
        splits = (
            [args.split] if args.split else [s for s in dataset.splits if (source / s).is_dir()]
        )
        if not splits:
            raise DataError(
                f"{source} has no folder {' or '.join(dataset.splits)}: name the split that it is "
                "itself with --split."
            )
        return {
            split: open_pairs(source, split, layout="side_by_side", lq_side=args.lq_side)
            for split in splits
        }
    found = find_splits(source, dataset, args.split)
    if not found:
        raise DataError(_nothing_found(dataset, source))
    for one in found.values():
        sys.stdout.write(f"{one}\n")
    return {split: one.reader for split, one in found.items()}


def _prepare(
    args: argparse.Namespace, dataset: KnownDataset, split: str, reader: PairReader, out: Path
) -> None:
    from restorekit.datasets import checked, write_lmdb
    from restorekit.datasets.preparation.prepare import prepare_split

    reader = checked(reader, skip_broken=args.skip_broken)
    if args.lmdb:
        target = out / f"{split}.lmdb"
        written = write_lmdb(reader, target, "raw", args.workers)
        how = ", found complete" if written.found == len(reader) else ""
    else:
        target = out / split
        made = prepare_split(reader, target, "copy" if args.copy else "link", args.workers)
        how = " as PNG" if made.as_png else " copied" if args.copy else " linked"
        how = how if made.written else ", found complete"
    sys.stdout.write(f"{target} holds {len(reader):,} {_what(reader)}{how}.\n")
    expected = dataset.splits[split].versions
    if len(reader) not in {version.pairs for version in expected}:
        sys.stdout.write(
            f"  {dataset.id} has {expected[0].pairs:,}: "
            f"`restorekit data verify {dataset.id} {out}` tells more\n"
        )


def _what(reader: PairReader) -> str:
    return "images" if reader.file_layout == "single" else "pairs"


def _nothing_found(dataset: KnownDataset, source: Path) -> str:
    from restorekit.catalog import get_layout

    locations = [one for each in dataset.distributions for one in each.splits.values()]
    folders = dict.fromkeys(folder for one in locations for folder in one.folders)
    names = dict.fromkeys(name for one in locations for name in one.layouts)
    layouts = dict.fromkeys(get_layout(name).describe() for name in names)
    named = ", ".join([*folders, *dataset.splits])
    inside = "; ".join(layouts) or "lq and gt"
    return (
        f"{source} holds nothing that can be recognised as {dataset.id}: looked for folders "
        f"{named}, and in them and in {source} itself for lq and gt; {inside}; if its files hold "
        "both images, give the side of the rainy one with --lq-side."
    )
