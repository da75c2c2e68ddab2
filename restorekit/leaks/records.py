"""What checkpoints and results files record about test images that were trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict


class LeakRecord(TypedDict):
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


class LeakCount(TypedDict):
    """How much of a test set was trained on; part of a results file.

    ``test_images`` of its images show what ``train_images`` of the training set show, in
    ``pairs`` of one and the other.
    """

    test_images: int
    train_images: int
    pairs: int


def leaked_images(meta: Mapping[str, Any]) -> list[LeakRecord]:
    """Return the records in the ``meta`` of a checkpoint; none where it has none."""
    records = meta.get("leaks")
    if not isinstance(records, list):
        return []
    return [record for record in records if LeakRecord.__required_keys__ <= set(record)]


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
    for record in records:
        for digest in tested:
            numbers = record["images"].get(digest, [])
            if numbers:
                tests.add(digest)
            trains.update((record["train_set"], number) for number in numbers)
            pairs += len(numbers)
    if not pairs:
        return None
    affected = sum(digest in tests for digest in tested)
    return {"test_images": affected, "train_images": len(trains), "pairs": pairs}
