"""Check every pixel of a dataset: is it complete and intact, and which version is it?

WHAT is a dataset that `restorekit data list` shows, or the folder or LMDB of any other. The report
has counts, sizes, duplicate images, pairs whose rainy and clean image are swapped, JPEG damage, and
the fingerprint, which depends on the pixels alone and identifies known versions. The exit status is
2 if something is wrong.
"""

from __future__ import annotations

import argparse
import sys
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.data.choices import require_split, require_workers
from restorekit.errors import DataError, UnknownNameError
from restorekit.io.terminal import text_table

if TYPE_CHECKING:
    from restorekit.catalog import KnownDataset
    from restorekit.datasets import PairReader
    from restorekit.datasets.preparation.verify import Verdict

_TITLE = ("split", "number", "expected", "sizes", "twice", "swapped", "JPEG", "fingerprint", "is")
_SPLITS = ("train", "val", "test")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit data verify``."""
    parser.add_argument("what", metavar="WHAT", help="name of a dataset, or a folder")
    parser.add_argument(
        "root", nargs="?", metavar="ROOT", help="folder of the dataset (default: data/WHAT)"
    )
    parser.add_argument(
        "--split", metavar="S", help="split that ROOT is, if it is a single one: train or test"
    )
    parser.add_argument("--workers", type=int, metavar="N", help="threads (default: one a core)")


def run(args: argparse.Namespace) -> None:
    """Verify every split that is found.

    Raises:
        DataError: If nothing is found, or something is wrong with what is.
    """
    from restorekit.datasets.preparation.examine import examine
    from restorekit.datasets.preparation.verify import judge

    require_workers(args.workers)
    dataset, root = _target(args)
    if dataset is not None:
        require_split(dataset, args.split)
    readers = _known(dataset, root, args.split) if dataset else _any(root, args.split)
    verdicts = {
        split: judge(examine(reader, f"reading {split or root}", args.workers), dataset, split)
        for split, reader in readers.items()
    }
    rows = [_row(split, verdict) for split, verdict in verdicts.items()]
    sys.stdout.write(text_table(_TITLE, rows, right=(1, 2, 4, 5, 6)))
    for line in _remarks(verdicts, dataset):
        sys.stdout.write(f"{line}\n")
    problems = [problem for verdict in verdicts.values() for problem in verdict.problems]
    if problems:
        name = dataset.id if dataset else "the data"
        more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
        raise DataError(f"{root}: {name} has problems: {problems[0]}{more}.")


def _target(args: argparse.Namespace) -> tuple[KnownDataset | None, Path]:
    from restorekit.catalog import get_dataset

    try:
        dataset = get_dataset(args.what)
    except UnknownNameError as error:
        if args.root is None and Path(args.what).expanduser().is_dir():
            return None, Path(args.what).expanduser()
        raise UnknownNameError(f"{error} There is no folder of that name either.") from error
    return dataset, Path(args.root or f"data/{dataset.folder}").expanduser()


def _known(dataset: KnownDataset, root: Path, split: str | None) -> dict[str, PairReader]:
    from restorekit.datasets.layouts.find_splits import find_splits

    found = find_splits(root, dataset, split)
    if not found:
        raise DataError(
            f"{root} holds nothing that can be recognised as {dataset.id}: {dataset.hint}."
        )
    for one in found.values():
        sys.stdout.write(f"{one}\n")
    return {name: one.reader for name, one in found.items()}


def _any(root: Path, split: str | None) -> dict[str, PairReader]:
    """Return the splits of a dataset that the catalog does not know, or its images."""
    from restorekit.datasets import open_images
    from restorekit.datasets.layouts.recognise import recognise

    candidates = {name: [root / name, root / f"{name}.lmdb"] for name in _SPLITS}
    if split is not None:
        candidates = {split: [root]}
    found = {}
    for name, folders in candidates.items():
        for folder in folders:
            one = recognise(folder) if folder.is_dir() else None
            if one is not None:
                found[name] = one.reader
    if not found:
        one = recognise(root)
        found[""] = open_images(root) if one is None else one.reader
    return found


def _row(split: str, verdict: Verdict) -> tuple[str, ...]:
    facts = verdict.facts
    sizes = sorted({pair.size for pair in facts.usable})
    shown = ", ".join(f"{width}×{height}" for width, height in sizes[:2])
    paired = any(pair.gt_digest for pair in facts.usable)
    return (
        split or "–",
        f"{len(facts.pairs):,}",
        "–" if verdict.expected is None else f"{verdict.expected:,}",
        shown if len(sizes) <= 2 else f"{len(sizes)} different",
        str(len(verdict.identical)),
        str(len(verdict.swapped)) if paired else "–",
        str(len(verdict.lossy)),
        facts.fingerprint[:16] or "–",
        str(verdict.identity) if verdict.identity else "not known",
    )


def _remarks(verdicts: dict[str, Verdict], dataset: KnownDataset | None) -> list[str]:
    lines = []
    for split, verdict in verdicts.items():
        where = f"{split}: " if split else ""
        if verdict.facts.fingerprint:
            lines.append(f"{where}fingerprint {verdict.facts.fingerprint}")
        lines += [f"{where}wrong: {problem}" for problem in verdict.problems]
        lines += [f"{where}note: {note}" for note in verdict.notes]
    if dataset is not None:
        lines += [f"{name}: not found" for name in dataset.splits if name not in verdicts]
    return lines + _shared(verdicts)


def _shared(verdicts: dict[str, Verdict]) -> list[str]:
    from restorekit.datasets.preparation.verify import shared_backgrounds

    lines = []
    for (one, first), (other, second) in combinations(verdicts.items(), 2):
        number = shared_backgrounds(second, first)
        if number:
            lines.append(f"note: {number} clean images of {other} are in {one} too")
    return lines
