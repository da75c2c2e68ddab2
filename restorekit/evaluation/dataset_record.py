"""What a results file says of its test set."""

from __future__ import annotations

from restorekit.catalog import identify

from .results import DatasetRecord


def dataset_record(name: str, fingerprint: str, num_images: int) -> DatasetRecord:
    """Describe a test set: by the catalog's name and version where its fingerprint is known.

    Args:
        name: What to call it otherwise.
        fingerprint: :func:`restorekit.io.fingerprint.dataset_fingerprint` of its images.
        num_images: How many there are.
    """
    record: DatasetRecord = {
        "name": name,
        "fingerprint": fingerprint,
        "num_images": num_images,
    }
    identity = identify(fingerprint)
    if identity is not None:
        record["name"] = identity.dataset.name
        if identity.fingerprint.version:
            record["version"] = identity.fingerprint.version
    return record
