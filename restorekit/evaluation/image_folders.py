"""Find which files belong together in folders of restored, clean and rainy images."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from restorekit.datasets.readers.pairing import match_names, suggest_rule
from restorekit.datasets.readers.sources import FileImages, FolderImages
from restorekit.errors import DataError
from restorekit.io.result_names import COMPARED, results_among

Folder = str | os.PathLike[str]


@dataclass(frozen=True)
class ImageFiles:
    """The files of one image.

    Attributes:
        name: Name of the image in results.
        pred: The restored image.
        gt: The clean image, if there is one.
        lq: The rainy image, if it is measured too.
    """

    name: str
    pred: str
    gt: str | None = None
    lq: str | None = None


def find_images(
    pred: Folder, gt: Folder | None = None, lq: Folder | None = None, pairing: str = "auto"
) -> list[ImageFiles]:
    """Find the files of every restored image.

    Folders may hold what ``restorekit restore`` wrote beside its inputs: ``NAME_compare`` is left
    out, and of ``NAME`` and ``NAME_restored`` the second is the restored image called ``NAME``,
    the first the rainy or clean one. :func:`left_out` names the files.

    Args:
        pred: Folder of restored images.
        gt: Folder of clean images; each must belong to a restored image.
        lq: Folder of rainy images; each must belong to a restored image, by its name or else
            by a clean image that both have.
        pairing: Rule that turns the name of a restored (or rainy) image into that of its
            clean one; see :func:`restorekit.datasets.match_names`.

    Returns:
        One entry per restored image, in natural order, with the name of the rainy image (as
        ``restorekit test`` does), or without ``lq`` that of the restored image.

    Raises:
        ConfigError: If the rule is not valid.
        DataError: If a folder holds no images, an image has no partner, or partners differ
            in size.
    """
    restored = _open(pred, restored=True)
    indices = range(len(restored.names))
    gt_files: list[str | None] = [None for _ in indices]
    lq_files: list[str | None] = [None for _ in indices]
    names = restored.names
    clean, clean_of = None, list(indices)
    if gt is not None:
        clean = _open(gt)
        clean_of = _partners(restored, clean, pairing)
        gt_files = [_file_of_same_size(restored, i, clean, clean_of[i]) for i in indices]
    if lq is not None:
        rainy = _open(lq)
        rainy_of = _rainy_partners(restored, rainy, clean, clean_of, pairing)
        lq_files = [_file_of_same_size(restored, i, rainy, rainy_of[i]) for i in indices]
        names = [rainy.names[i] for i in rainy_of]
    pred_files = [restored.label(i) for i in indices]
    return [ImageFiles(*files) for files in zip(names, pred_files, gt_files, lq_files, strict=True)]


def left_out(folder: Folder, *, restored: bool = False) -> list[str]:
    """Return the images of a folder that :func:`find_images` leaves out, relative to it.

    Args:
        folder: The folder.
        restored: Whether it is that of the restored images.
    """
    images = _images_in(folder)
    names = _names_without_results(images.names, restored)
    return [file for file, name in zip(images.files, names, strict=True) if name is None]


def _open(folder: Folder, restored: bool = False) -> FileImages:
    images = _images_in(folder)
    names = _names_without_results(images.names, restored)
    if None not in names:
        return images
    kept = [(f, n) for f, n in zip(images.files, names, strict=True) if n is not None]
    return FileImages(images.location, [file for file, _ in kept], [name for _, name in kept])


def _images_in(folder: Folder) -> FolderImages:
    path = Path(folder).expanduser()
    if not path.is_dir():
        raise DataError(f"{path} is not a folder; give one that holds images.")
    return FolderImages(path)


def _names_without_results(names: Sequence[str], restored: bool) -> list[str | None]:
    """Return what each image of a folder is called, None for those that are left out."""
    inputs = results_among(names)
    compared = {name for name in inputs if name.endswith(COMPARED)}
    if not restored:
        return [None if name in inputs else name for name in names]
    without = compared | {inputs[name] for name in inputs.keys() - compared}
    return [None if name in without else inputs.get(name, name) for name in names]


def _partners(images: FileImages, others: FileImages, pairing: str) -> list[int]:
    """Return the index of each image's partner; no image on either side may be left over."""
    matches = match_names(images.names, others.names, pairing)
    unmatched = [images.label(i) for i in matches.unmatched_lq]
    missing_in = others.location
    if not unmatched:
        unmatched = [others.label(i) for i in matches.unmatched_gt]
        missing_in = images.location
    if unmatched:
        rule = suggest_rule(images.names, others.names)
        remedy = f"--pairs '{rule}' would pair all of them" if rule else "add it or remove this one"
        more = f" (and {len(unmatched) - 1} more have none)" if len(unmatched) > 1 else ""
        raise DataError(
            f"{unmatched[0]} has no partner in {missing_in} under --pairs '{pairing}'{more}: "
            f"{remedy}."
        )
    return [other for _, other in matches.pairs]


def _rainy_partners(
    restored: FileImages,
    rainy: FileImages,
    clean: FileImages | None,
    clean_of: Sequence[int],
    pairing: str,
) -> list[int]:
    """Return the index of each restored image's rainy image, by name or by their clean image."""
    by_name = match_names(restored.names, rainy.names)
    if clean is None or not by_name.unmatched_lq:
        return _partners(restored, rainy, "same")
    rainy_of = {shared: i for i, shared in enumerate(_partners(rainy, clean, pairing))}
    if not len(rainy_of) == len(rainy.names) == len(restored.names):
        raise DataError(
            f"No rainy image in {rainy.location} has the name of "
            f"{restored.label(by_name.unmatched_lq[0])}, and the clean image does not identify "
            "it, since several rainy ones share one: give restored images the names of the "
            "rainy ones."
        )
    return [rainy_of[shared] for shared in clean_of]


def _file_of_same_size(images: FileImages, i: int, others: FileImages, other: int) -> str:
    """Return the path of the partner ``other`` of image ``i``, once its size is checked."""
    (height, width), (other_height, other_width) = images.size(i), others.size(other)
    if (height, width) != (other_height, other_width):
        raise DataError(
            f"{images.label(i)} is {width}×{height} pixels and {others.label(other)} "
            f"{other_width}×{other_height}: give them the same size, or pair other files "
            "(--pairs)."
        )
    return others.label(other)
