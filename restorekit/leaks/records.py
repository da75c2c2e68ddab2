"""What checkpoints and results files record about test images that were trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict


class _TestCoverage(TypedDict, total=False):
    """How many test images there are and how many were compared; older records lack both."""

    test_images: int
    test_compared: int


class LeakRecord(_TestCoverage):
    """The photographs that a training shares with test sets; part of its checkpoints.

    ``images`` maps the :func:`~restorekit.io.fingerprint.image_digest` of each test image that
    shows a photograph of the training set to the indices of the training images that show it.
    ``train_set`` identifies the training set; ``compared`` of its ``train_images`` images were
    compared.
    """

    train_set: str
    train_images: int
    compared: int
    images: dict[str, list[int]]


class _Coverage(TypedDict, total=False):
    """Which share of all pairs of a training and a test image was compared, if not all."""

    coverage: float


class LeakCount(_Coverage):
    """How much of a test set was trained on; part of a results file.

    ``test_images`` of its images show what ``train_images`` of the training set show, in
    ``pairs`` of one and the other.
    """

    test_images: int
    train_images: int
    pairs: int


def leak_records(meta: Mapping[str, Any]) -> list[LeakRecord]:
    """Return the records in the ``meta`` of a checkpoint, without damaged ones."""
    records = meta.get("leaks")
    if not isinstance(records, list):
        return []
    required = {"train_set", "train_images", "compared", "images"}
    return [one for one in records if required <= set(one if isinstance(one, dict) else ())]


def merged_leaks(records: Sequence[LeakRecord], new: LeakRecord) -> list[LeakRecord]:
    """Add a record to others, and merge it with that of the same training set.

    A search that had to end in time may miss what an earlier search found.
    """
    others = [record for record in records if record["train_set"] != new["train_set"]]
    for record in records:
        if record["train_set"] == new["train_set"]:
            new = {
                **new,
                "compared": max(record["compared"], new["compared"]),
                "images": {**record["images"], **new["images"]},
            }
            if "test_compared" in record and "test_compared" in new:
                new["test_compared"] = max(record["test_compared"], new["test_compared"])
    return [*others, new] if new["images"] else others


def count_leaks(records: Iterable[LeakRecord], digests: Iterable[str]) -> LeakCount | None:
    """Count the images of a test set that were trained on; return None if there are none.

    Args:
        records: Records of the checkpoint that was tested.
        digests: Digests of the test set's images.
    """
    tested = list(digests)
    tests: set[str] = set()
    trains: set[tuple[str, int]] = set()
    pairs = 0
    coverage = 1.0
    for record in records:
        for digest in tested:
            numbers = record["images"].get(digest, [])
            if numbers:
                tests.add(digest)
            trains.update((record["train_set"], number) for number in numbers)
            pairs += len(numbers)
        if any(digest in record["images"] for digest in tested):
            coverage = min(coverage, _coverage(record))
    if not pairs:
        return None
    affected = sum(digest in tests for digest in tested)
    count: LeakCount = {"test_images": affected, "train_images": len(trains), "pairs": pairs}
    # If only part of the images was compared, the count is a lower bound.
    return count if coverage == 1 else {**count, "coverage": round(coverage, 4)}


def _coverage(record: LeakRecord) -> float:
    train = record["compared"] / max(record["train_images"], 1)
    test_images = record.get("test_images", 0)
    return train * record.get("test_compared", 0) / test_images if test_images else train
