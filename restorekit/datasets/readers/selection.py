"""Choose images: by lists of their names, or a training and a validation part of them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, TypeVar

from restorekit.catalog import all_lists
from restorekit.errors import ConfigError, DataError, did_you_mean

from .listing import without_suffix
from .pairs import PairReader

#: A text file with one name per line, the name of a list of the catalog, or the names themselves.
Names = str | os.PathLike[str] | Sequence[str] | None
_Reader = TypeVar("_Reader", bound=PairReader)


@dataclass(frozen=True)
class Subset:
    """The training or the validation part of a split.

    Images are drawn for validation by a hash of their names: which ones depends on the names and
    the seed alone, not on how the images are stored, on their order, or on the process. All rainy
    versions of one clean image are in the same part. Both parts together are the split, and lists
    of names do not move an image from one to the other.

    Attributes:
        part: ``train`` or ``val``.
        size: Size of the validation part: a share of the images below 1, or a number of images.
        seed: Seed of the draw.
        of: The split that is divided. Another split is used whole.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> for part in ("train", "val"):
        ...     print(len(PairedDataset("data/mine", "train", subset=Subset(part, size=1))))
        3
        1
    """

    part: Literal["train", "val"]
    size: float = 0.05
    seed: int = 0
    of: str = "train"

    def __post_init__(self) -> None:
        if self.part not in ("train", "val"):
            raise ConfigError(
                f"subset.part={self.part!r} is not known."
                f"{did_you_mean(str(self.part), ('train', 'val'))} Use 'train' or 'val'."
            )
        whole = isinstance(self.size, int) and not isinstance(self.size, bool)
        share = isinstance(self.size, float) and self.size < 1
        if not (whole or share) or self.size <= 0:
            raise ConfigError(
                f"subset.size={self.size!r} must be a share of the images between 0 and 1, or a "
                "whole number of images."
            )

    @classmethod
    def from_config(cls, config: Subset | Mapping[str, Any]) -> Subset:
        """Return the subset that a config describes.

        Raises:
            ConfigError: If a key or a value is not known.
        """
        if isinstance(config, Subset):
            return config
        known = [field.name for field in fields(cls)]
        for key in config:
            if key not in known:
                raise ConfigError(
                    f"subset has no {key!r}.{did_you_mean(str(key), known)} It takes "
                    f"{', '.join(known)}."
                )
        if "part" not in config:
            raise ConfigError("subset needs part='train' or part='val'.")
        return cls(**config)

    def names_of(self, reader: PairReader) -> set[str]:
        """Return the names of the images in this part.

        Raises:
            DataError: If nothing is left for training.
        """
        names, total = reader.names, len(reader)
        groups: dict[int, list[str]] = {}
        for name, first in zip(names, reader.first_with_same_gt(), strict=True):
            groups.setdefault(first, []).append(name)
        wanted = self.size if isinstance(self.size, int) else self.size * total
        held_out: set[str] = set()
        # At least one image, however small the share is.
        for first in sorted(groups, key=lambda index: self._draw(names[index])):
            if held_out and len(held_out) >= wanted:
                break
            held_out.update(groups[first])
        if len(held_out) == total:
            raise DataError(
                f"{reader.location} has {total} images of {len(groups)} scenes, of which "
                f"subset.size={self.size} would leave none for training: set subset=None and "
                "validate on other images."
            )
        return held_out if self.part == "val" else set(names) - held_out

    def _draw(self, name: str) -> tuple[bytes, str]:
        text = f"{self.seed}/{name}".encode()
        return hashlib.blake2b(text, digest_size=8).digest(), name


def select(
    reader: _Reader, ann_file: Names = None, exclude: Names = None, subset: Subset | None = None
) -> _Reader:
    """Return a reader of some of the images, in their order.

    Args:
        reader: All images.
        ann_file: Names of those to keep; by default all.
        exclude: Names of those to leave out.
        subset: The part to take them from.

    Raises:
        DataError: If a list cannot be read, names an image that is not there, or nothing is left.
    """
    if ann_file is None and exclude is None and subset is None:
        return reader
    kept = set(reader.names)
    if ann_file is not None:
        kept = _names("ann_file", ann_file, reader)
    if exclude is not None:
        kept -= _names("exclude", exclude, reader)
    if subset is not None:
        kept &= subset.names_of(reader)
    indices = [index for index, name in enumerate(reader.names) if name in kept]
    if not indices:
        raise DataError(f"ann_file, exclude and subset leave no image of {reader.location}.")
    selected = reader.subset(indices)
    if ann_file is None:
        # What has no partner is wrong all the same; a list of names asks for these alone.
        selected.findings = reader.findings
    return selected


def _names(key: str, names: Names, reader: PairReader) -> set[str]:
    """Return the names of a list, all of which the reader has."""
    source = f"{key}={os.fspath(names)!r}" if isinstance(names, (str, os.PathLike)) else key
    listed = listed_names(key, names, reader.names)
    known = set(reader.names)
    wanted = {name if name in known else without_suffix(name) for name in listed}
    unknown = sorted(wanted - known)
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise DataError(
            f"{source} names {unknown[0]!r}{more}, which {reader.location} does not have."
            f"{did_you_mean(unknown[0], known)}"
        )
    return wanted


def listed_names(key: str, names: Names, known: Iterable[str]) -> list[str]:
    """Return the names of a list.

    Args:
        key: What messages call the list: ``ann_file`` or ``exclude``.
        names: The list. A file is preferred to a list of the catalog with its name.
        known: Names of all images, among which a list of the catalog may choose by a rule.

    Raises:
        DataError: If it cannot be read, or its rule chooses none.
    """
    if not isinstance(names, (str, os.PathLike)):
        return list(names or ())
    path = Path(names).expanduser()
    published = None if path.exists() else all_lists().get(os.fspath(names))
    if published is None:
        return _read(key, path)
    chosen = published.choose(known)
    if not chosen:
        raise DataError(
            f"{key}={os.fspath(names)!r} chooses {published.about}, and there are none: it is for "
            "names as the dataset is published with."
        )
    return chosen


def _read(key: str, path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        hint = ""
        if isinstance(error, FileNotFoundError):
            lists = ", ".join(all_lists())
            hint = f"{did_you_mean(os.fspath(path), all_lists())} The catalog's lists are {lists}."
        raise DataError(f"{key}={os.fspath(path)!r} cannot be read: {reason}.{hint}") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
