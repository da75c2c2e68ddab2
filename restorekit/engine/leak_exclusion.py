"""Leave out training images that show what is validated or tested on."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, MutableMapping
from pathlib import Path
from typing import Any, TypedDict

from mmengine.config import ConfigDict
from mmengine.dist import broadcast_object_list, is_main_process

from restorekit.datasets import PairReader
from restorekit.datasets.readers.selection import listed_names
from restorekit.errors import ConfigError, RestoreKitError
from restorekit.hooks.leak_warning import evaluation_datasets, readers_of
from restorekit.io.files import sha256, write_text
from restorekit.leaks import find_leaks
from restorekit.registry import DATASETS

_EVALUATION = ("val_dataloader", "test_dataloader")


class Excluded(TypedDict):
    """What was left out of one training dataset; part of its checkpoints.

    ``file`` in the work folder has the ``images`` names, and ``sha256`` of its bytes.
    """

    dataset: str
    file: str
    images: int
    sha256: str


def without_leaks(
    dataloader: Any, config: Mapping[str, Any], work_dir: str | Path
) -> tuple[ConfigDict, list[Excluded]]:
    """Search for leaks, and exclude them from the datasets of a training.

    The first process searches all images and writes ``leaks.txt`` (``leaks-2.txt``, … of further
    datasets) into the work folder; the others wait for it.

    Args:
        dataloader: Config of the training data loader.
        config: The config, with the data loaders of validation and test.
        work_dir: Work folder.

    Returns:
        The config of the data loader with the names in ``exclude``, and a record for each dataset.

    Raises:
        ConfigError: If there is nothing to compare with, or a dataset takes no ``exclude``.
        DataError: If data cannot be read.
    """
    if not isinstance(dataloader, Mapping):
        raise ConfigError("exclude_leaks needs a train_dataloader that is described in a config.")
    changed = ConfigDict(copy.deepcopy(dict(dataloader)))
    results: list[Any] = [None]
    if is_main_process():
        try:
            datasets = list(_leaves(changed["dataset"]))
            results = [_search(datasets, config, Path(work_dir))]
        except RestoreKitError as error:
            # The other processes would wait for ever.
            results = [error]
    broadcast_object_list(results)
    if isinstance(results[0], RestoreKitError):
        raise results[0]
    excluded, records = results[0]
    for dataset, names in zip(_leaves(changed["dataset"]), excluded, strict=True):
        if names:
            dataset["exclude"] = names
    return changed, records


def _search(
    datasets: list[MutableMapping[str, Any]], config: Mapping[str, Any], work_dir: Path
) -> tuple[list[list[str]], list[Excluded]]:
    """Return all names to exclude from each dataset, and a record of those that leak."""
    others = readers_of(evaluation_datasets(config, _EVALUATION))
    if not others:
        raise ConfigError(
            "exclude_leaks: the config has no validation or test set of restorekit's to compare "
            "the training images with."
        )
    excluded: list[list[str]] = []
    records: list[Excluded] = []
    for number, dataset in enumerate(datasets, 1):
        reader = _reader(dataset)
        labels = {leak.train for other in others for leak in find_leaks(reader, other)}
        leaking = [name for i, name in enumerate(reader.names) if reader.label(i) in labels]
        already = listed_names("exclude", dataset.get("exclude"), reader.names)
        excluded.append([*already, *leaking])
        file = f"leaks-{number}.txt" if number > 1 else "leaks.txt"
        about = f"# {len(leaking)} images of {reader.location} that are validated or tested on"
        write_text(work_dir / file, "".join(f"{line}\n" for line in [about, *leaking]))
        records.append(
            Excluded(
                dataset=reader.location,
                file=file,
                images=len(leaking),
                sha256=sha256(work_dir / file),
            )
        )
    return excluded, records


def _leaves(dataset: MutableMapping[str, Any]) -> Iterator[MutableMapping[str, Any]]:
    """Yield the datasets that read images, those inside mixtures and wrappers too."""
    inner = [*dataset.get("datasets", [])]
    inner += [dataset[key] for key in ("dataset", "unlabelled") if dataset.get(key)]
    if not inner or dataset.get("unlabelled"):
        yield dataset
    for one in inner:
        yield from _leaves(one)


def _reader(dataset: Mapping[str, Any]) -> PairReader:
    """Return what a dataset reads from, without the unlabelled images beside it."""
    readers = readers_of([DATASETS.build(copy.deepcopy(dict(dataset)))])
    if not readers:
        raise ConfigError(
            f"exclude_leaks: a {dataset.get('type')} does not read through a reader of "
            "restorekit's, so its images cannot be compared and left out."
        )
    return readers[0]
