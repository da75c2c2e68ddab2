"""Write an LMDB from any dataset that can be read, or verify one.

SOURCE is a folder (with lq/ and gt/, in any other known layout, or, with --layout, of files with
both images side by side or of photographs), an LMDB written by restorekit or BasicSR, or a config
file, whose <split>_dataloader.dataset is used: mixtures, rain rendered on clean images.

Run the same command again to continue an interrupted run. Datasets recognise LMDBs: give OUT as
their data_root, or write it to <data_root>/<split>.lmdb.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_skip_broken
from restorekit.cli.data.choices import require_workers
from restorekit.errors import ConfigError, DataError, did_you_mean
from restorekit.io.files import require_writable

if TYPE_CHECKING:
    from restorekit.datasets import PairReader


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit data lmdb``."""
    parser.add_argument("source", help="folder, LMDB or config file to read from")
    parser.add_argument("out", nargs="?", help="folder of the LMDB to write")
    parser.add_argument("--split", help="split of SOURCE, such as train (the default for a config)")
    parser.add_argument(
        "--encoding",
        choices=("raw", "encoded"),
        default="raw",
        help="raw pixels (fastest to read) or encoded files (smallest); default: raw",
    )
    parser.add_argument(
        "--pairing",
        default="auto",
        metavar="RULE",
        help="auto, same, prefix, or a template such as norain-{id}.png (default: auto)",
    )
    parser.add_argument(
        "--layout",
        choices=("auto", "lmdb", "folders", "side_by_side", "images"),
        default="auto",
        help="layout of SOURCE, if it is not recognised",
    )
    parser.add_argument(
        "--lq-side",
        choices=("left", "right"),
        default="right",
        help="side of the rainy image in files with both (default: right)",
    )
    parser.add_argument("--lq-folder", default="lq", metavar="NAME", help="default: lq")
    parser.add_argument("--gt-folder", default="gt", metavar="NAME", help="default: gt")
    add_skip_broken(parser)
    parser.add_argument(
        "--workers", type=int, metavar="N", help="threads that decode (default: one a core)"
    )
    parser.add_argument(
        "--verify",
        action="store_true",
        help="write nothing: compare every image of the LMDB SOURCE with its checksum",
    )


def run(args: argparse.Namespace) -> None:
    """Write or verify an LMDB."""
    if args.verify:
        _verify(Path(args.source))
        return
    if args.out is None:
        raise ConfigError("OUT is missing: give the folder of the LMDB to write.")
    require_workers(args.workers)
    require_writable(args.out, "OUT", folder=True)
    from restorekit.datasets import write_lmdb

    reader = _reader(args)
    written = write_lmdb(reader, Path(args.out), args.encoding, args.workers)
    earlier = f", {written.found} of them by an earlier run" if written.found else ""
    sys.stdout.write(f"{args.out} holds {written.num_pairs} pairs ({args.encoding}){earlier}.\n")


def _reader(args: argparse.Namespace) -> PairReader:
    from restorekit.datasets import checked, open_images, open_pairs

    if Path(args.source).is_file():
        return _reader_from_config(args)
    if args.layout == "images":
        reader = open_images(args.source, args.split)
    else:
        reader = open_pairs(
            args.source,
            args.split,
            pairing=args.pairing,
            layout=args.layout,
            lq_side=args.lq_side,
            lq_folder=args.lq_folder,
            gt_folder=args.gt_folder,
        )
    return checked(reader, skip_broken=args.skip_broken)


def _reader_from_config(args: argparse.Namespace) -> PairReader:
    from restorekit.datasets import DatasetPairs
    from restorekit.engine.config import load_config, skip_broken_data
    from restorekit.registry import DATASETS

    config = load_config(args.source)
    key = f"{args.split or 'train'}_dataloader"
    if config.get(key) is None:
        raise ConfigError(f"{args.source} has no {key}.{did_you_mean(key, config.keys())}")
    if args.skip_broken:
        skip_broken_data(config)
    dataset = DATASETS.build(config[key].dataset)
    if not hasattr(dataset, "images"):
        raise ConfigError(
            f"{args.source}: the dataset of {key} is a {type(dataset).__name__}, which gives no "
            "images without its pipeline: use one of restorekit's datasets."
        )
    return DatasetPairs(dataset, f"{args.source}:{key}")


def _verify(path: Path) -> None:
    from restorekit.datasets import LmdbPairs
    from restorekit.io.terminal import progress

    reader = LmdbPairs(path)
    results = progress(reader.damaged(), f"verifying {path}", total=len(reader))
    damaged = [label for label in results if label is not None]
    if damaged:
        more = f" and {len(damaged) - 3} more" if len(damaged) > 3 else ""
        raise DataError(
            f"{len(damaged)} of {len(reader)} pairs in {path} do not have their checksum "
            f"({', '.join(damaged[:3])}{more}): copy the LMDB again or write it again."
        )
    sys.stdout.write(f"{path}: all {len(reader)} pairs have their checksums.\n")
