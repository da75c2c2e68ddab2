"""Warn of test images that a training trains on."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from restorekit.datasets import PairReader
from restorekit.errors import RestoreKitError
from restorekit.io.fingerprint import image_digest
from restorekit.leaks import QuickLook, quick_look
from restorekit.leaks.records import LeakRecord, leak_records, merged_leaks
from restorekit.registry import DATASETS, HOOKS

_EVALUATION = ("val_dataloader", "test_dataloader")
_NAMED = 3


@HOOKS.register_module()
class LeakWarningHook(Hook):
    """Compares training images with those of validation and test, before training.

    If they share photographs (see :func:`restorekit.leaks.find_leaks`), it warns, and every
    checkpoint records it in ``meta['leaks']``. Later trainings that start from the checkpoint keep
    the record, and a test writes into its results how many images of the test set are affected.

    Datasets that cannot be read, or that use no reader of restorekit's, are left out. Only the
    first process compares, for a few seconds; of large datasets it takes a sample.

    Args:
        seconds: Approximate limit on the time of the comparison.

    Example:
        >>> custom_hooks = [dict(type="LeakWarningHook", seconds=60)]
        >>> HOOKS.build(custom_hooks[0]).seconds
        60
    """

    def __init__(self, seconds: float = 5.0) -> None:
        self.seconds = seconds
        self.records: list[LeakRecord] = []

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Keep the checkpoint's records."""
        self.records = leak_records(checkpoint.get("meta", {}))

    def before_train(self, runner: Any) -> None:
        """Compare the datasets and warn."""
        if not is_main_process():
            return
        train = readers_of([runner.train_dataloader.dataset])
        try:
            test = readers_of(evaluation_datasets(runner.cfg, _EVALUATION))
            if not train or not test:
                return
            look = quick_look(train, test, self.seconds)
            record = _record(look, train, test)
        except (RestoreKitError, OSError) as error:
            runner.logger.info(f"Training and test set were not compared: {error}")
            return
        self.records = merged_leaks(self.records, record)
        _report(runner.logger, look, train, test)

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Write what was found into the checkpoint."""
        if self.records:
            checkpoint["meta"]["leaks"] = self.records


def evaluation_datasets(config: Any, keys: Iterable[str]) -> Iterator[Any]:
    """Yield each dataset of the data loaders under ``keys`` of a config, once."""
    seen: list[Any] = []
    for key in keys:
        loader = config.get(key)
        if not isinstance(loader, Mapping):
            continue
        # MultiValLoop has one data loader a dataset.
        for one in [loader] if "dataset" in loader else loader.values():
            dataset = one["dataset"]
            if dataset not in seen:
                seen.append(dataset)
                yield DATASETS.build(dataset) if isinstance(dataset, Mapping) else dataset


def readers_of(datasets: Iterable[Any]) -> list[PairReader]:
    """Return the readers of the datasets, those inside mixtures and wrappers included."""
    readers: list[PairReader] = []
    waiting = list(datasets)
    while waiting:
        dataset = waiting.pop(0)
        reader = getattr(dataset, "reader", None)
        if isinstance(reader, PairReader) and not _is_among(reader, readers):
            readers.append(reader)
        waiting += getattr(dataset, "datasets", [])
        inner = (getattr(dataset, name, None) for name in ("dataset", "unlabelled"))
        waiting += [one for one in inner if one is not None]
    return readers


def _is_among(reader: PairReader, readers: Sequence[PairReader]) -> bool:
    return any((one.location, one.names) == (reader.location, reader.names) for one in readers)


def _record(look: QuickLook, train: Sequence[PairReader], test: Sequence[PairReader]) -> LeakRecord:
    """Return the record: indices of training images by the digest of the test image."""
    first = [0]
    for reader in train:
        first.append(first[-1] + len(reader))
    digests = {}
    images: dict[str, list[int]] = {}
    for (number, position), other in look.leaks:
        if other not in digests:
            pair = test[other[0]].read(other[1])
            digests[other] = image_digest(*(image for image in pair if image is not None))
        images.setdefault(digests[other], []).append(first[number] + position)
    names = hashlib.sha256()
    for reader in train:
        names.update("\n".join(reader.names).encode())
    return {
        "train_set": names.hexdigest(),
        "train_images": first[-1],
        "compared": look.train_seen,
        "test_images": sum(map(len, test)),
        "test_compared": look.test_seen,
        "images": images,
    }


def _report(
    logger: logging.Logger, look: QuickLook, train: Sequence[PairReader], test: Sequence[PairReader]
) -> None:
    sizes = [sum(map(len, readers)) for readers in (train, test)]
    seen = ""
    if look.train_seen < sizes[0] or look.test_seen < sizes[1]:
        seen = (
            f" ({look.train_seen:,} training and {look.test_seen:,} test images were compared; "
            "`restorekit data leaks` compares all)"
        )
    if not look.leaks:
        logger.info(
            f"None of the {sizes[1]:,} images for validation and test shows a photograph of the "
            f"{sizes[0]:,} training images{seen}."
        )
        return
    trains, tests = (len(set(side)) for side in zip(*look.leaks, strict=True))
    some = "; ".join(
        f"{train[one[0]].label(one[1])} = {test[other[0]].label(other[1])}"
        for one, other in look.leaks[:_NAMED]
    )
    more = f"; and {len(look.leaks) - _NAMED:,} more pairs" if len(look.leaks) > _NAMED else ""
    logger.warning(
        f"LEAK: {tests:,} of the {sizes[1]:,} images for validation and test show a photograph "
        f"that {trains:,} of the {sizes[0]:,} training images show, too{seen}: {some}{more}. What "
        "is measured on them says nothing about other images; results files will record it."
    )
