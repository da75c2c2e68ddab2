"""Show the known datasets, or all facts about one.

Numbers count pairs, or photographs in sets without clean images.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from restorekit.io.terminal import text_table

if TYPE_CHECKING:
    from restorekit.catalog import Distribution, KnownDataset, Split, SplitVersion


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit data list``."""
    parser.add_argument("name", nargs="?", help="dataset whose facts are shown")


def run(args: argparse.Namespace) -> None:
    """Show all datasets, or one.

    Raises:
        UnknownNameError: If there is no such dataset.
    """
    from restorekit.catalog import all_datasets, get_dataset

    if args.name is not None:
        sys.stdout.write("".join(f"{line}\n" for line in _details(get_dataset(args.name))))
        return
    title = ("name", "train", "test", "trained on", "protocol", "what")
    rows = [_row(dataset) for dataset in all_datasets().values()]
    sys.stdout.write(text_table(title, rows, right=(1, 2)))


def _row(dataset: KnownDataset) -> tuple[str, ...]:
    counts = {name: f"{split.pairs:,}" for name, split in dataset.splits.items()}
    return (
        dataset.id,
        counts.get("train", "–"),
        counts.get("test", "–"),
        ", ".join(dataset.train_on) or "–",
        dataset.protocol or "–",
        dataset.title,
    )


def _details(dataset: KnownDataset) -> Iterator[str]:
    yield f"{dataset.id}: {dataset.title}"
    facts = {
        "paper": dataset.paper,
        "offered at": ", ".join(dataset.get),
        "licence": dataset.licence or "not stated",
        "files": dataset.format,
        "also called": ", ".join(dataset.aliases),
        "protocol": dataset.protocol,
        "trained on": ", ".join(dataset.train_on),
        "folder": f"data/{dataset.folder}",
    }
    for key, value in facts.items():
        if value:
            yield f"  {key + ':':<13} {value}"
    for name, split in dataset.splits.items():
        yield from _split(name, split)
    for distribution in dataset.distributions:
        yield from _distribution(distribution)
    for known in dataset.fingerprints:
        version = f" ({known.version})" if known.version else ""
        yield f"  fingerprint of {known.split}{version}: {known.sha256}, {known.source}"
    for name, one in dataset.lists.items():
        yield f"  list {name!r} for ann_file and exclude: {one.about}, {one.source}"
    for note in dataset.notes:
        yield f"  note: {note}"
    yield f"  known from: {'; '.join(dataset.sources)}"


def _split(name: str, split: Split) -> Iterator[str]:
    for number, version in enumerate(split.versions):
        yield f"  {'or' if number else name}: {_version(version)}"


def _version(version: SplitVersion) -> str:
    parts = [f"{version.pairs:,}"]
    if version.sizes:
        parts.append("of " + " or ".join(f"{w}×{h}" for w, h in version.sizes))
    if version.duplicates:
        parts.append(f"with {version.duplicates} that are there twice")
    return " ".join(parts) + (f": {version.about}" if version.about else "")


def _distribution(distribution: Distribution) -> Iterator[str]:
    from restorekit.catalog import get_layout

    for split, location in distribution.splits.items():
        folders = " or ".join(f"{folder}/" for folder in location.folders) or f"{split}/"
        layouts = " or ".join(get_layout(name).describe() for name in location.layouts)
        yield f"  {split} as kept by {distribution.name}: {folders} with {layouts}"
