"""Find and choose the restored images that a page shows, and make them small enough to embed."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2

from restorekit.datasets.readers.listing import list_images, without_suffix
from restorekit.datasets.readers.pairing import match_names, suggest_rule
from restorekit.errors import ConfigError, DataError, did_you_mean
from restorekit.evaluation.results import Results
from restorekit.figures.boxes import most_different
from restorekit.io.images import Image, encode_image, read_image
from restorekit.metrics.plan import mean

from ..ranking import Ranking

#: Stands for the clean images where methods are named.
GROUND_TRUTH = "gt"
#: Longest side in pixels of an embedded picture; larger images are reduced to it.
MAX_SIDE = 2048
#: WebP quality of embedded pictures; no number is computed from them.
QUALITY = 90


@dataclass(frozen=True)
class Pictures:
    """Embedded pictures of one test set.

    Attributes:
        names: The images shown, the hardest first.
        uris: Image to results file (or :data:`GROUND_TRUTH`) to a data URI.
        sizes: Image to the width and height of its pictures.
        parts: Image to the upper left corner of the part of it in which its pictures differ most,
            as shares of the width and height.
    """

    names: tuple[str, ...] = ()
    uris: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    sizes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    parts: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def find_folders(results: Mapping[str, Results], given: Sequence[str] = ()) -> dict[str, Path]:
    """Return the folder of restored images of each results file that has one.

    Args:
        results: Results by their file.
        given: ``METHOD=FOLDER`` or ``RESULTS=FOLDER``, and ``gt=FOLDER`` for the clean
            images. For a results file that is not given here, the folder with its name
            without ``.json`` is taken, if it exists.

    Returns:
        Results file, or :data:`GROUND_TRUTH`, to folder.

    Raises:
        ConfigError: If a method or folder does not exist, or several results files have the
            same name.
    """
    folders = {
        source: folder
        for source in results
        if source.endswith(".json") and (folder := Path(source).with_suffix("")).is_dir()
    }
    for argument in given:
        # A file name may contain '=' too, so the last one is taken.
        name, _, folder_name = argument.rpartition("=")
        if not name or not Path(folder_name).is_dir():
            raise ConfigError(
                f"--images {argument!r} must be METHOD=FOLDER with a folder that exists, for "
                "instance --images DCSFN=work_dirs/dcsfn/restored."
            )
        folders[_source(name, results)] = Path(folder_name)
    return folders


def _source(name: str, results: Mapping[str, Results]) -> str:
    if name in results:
        return name
    if name.lower() == GROUND_TRUTH:
        sets = {
            result.dataset.fingerprint
            for result in results.values()
            if any(quantity.protocol for quantity in result.measures.values())
        }
        if len(sets) > 1:
            raise ConfigError(
                f"--images gt=FOLDER does not say which of {len(sets)} test sets the clean images "
                "belong to: make one page for each test set."
            )
        return GROUND_TRUTH
    sources = [one for one, result in results.items() if result.method.lower() == name.lower()]
    if not sources:
        methods = {result.method for result in results.values()} | {GROUND_TRUTH}
        raise ConfigError(
            f"--images names {name!r}, which is not a method of these results."
            f"{did_you_mean(name, methods)} They are of {', '.join(sorted(methods))}."
        )
    if len(sources) > 1:
        raise ConfigError(
            f"--images names {name!r}, which has {len(sources)} results files: name the file "
            f"instead, for instance --images {sources[0]}=FOLDER."
        )
    return sources[0]


def choose_pictures(ranking: Ranking, folders: Mapping[str, Path], limit: int) -> Pictures:
    """Embed pictures of up to ``limit`` images of a ranking's test set.

    They are chosen from the images that at least two folders have, evenly from the hardest to
    the easiest by the mean of the deciding measure over methods.

    Args:
        ranking: Any ranking of the test set.
        folders: The folders that :func:`find_folders` returned.
        limit: Largest number of images.

    Raises:
        DataError: If pictures of one image differ in size.
    """
    shown = {entry.source for entry in ranking.entries} | {GROUND_TRUTH}
    order = _by_difficulty(ranking)
    files = {source: _files(order, folder) for source, folder in folders.items() if source in shown}
    owners = {name: [source for source in files if name in files[source]] for name in order}
    names = _evenly_spaced([name for name in order if len(owners[name]) > 1], limit)
    uris, sizes, parts = {}, {}, {}
    for name in names:
        images = _read(name, {one: files[one][name] for one in owners[name]})
        uris[name] = {source: data_uri(image) for source, image in images.items()}
        height, width = next(iter(images.values())).shape[:2]
        sizes[name] = _reduced_size(width, height)
        # The unrestored input differs everywhere: what counts are the methods.
        box = most_different([images[one] for one in _methods(ranking, images)])
        parts[name] = (box.x / width, box.y / height)
    return Pictures(tuple(names), uris, sizes, parts)


def _methods(ranking: Ranking, sources: Collection[str]) -> list[str]:
    """Return those of several sources that are methods; all, if fewer than two are."""
    ranked = [entry.source for entry in ranking.entries if entry.rank is not None]
    methods = [source for source in sources if source in ranked]
    return methods if len(methods) > 1 else list(sources)


def _files(names: Sequence[str], folder: Path) -> dict[str, Path]:
    """Return the file of each image, by its name or by a pairing rule of datasets.

    Clean images often have other names (``norain-1`` for ``rain-1``). A rule is used only if it
    pairs every image of the test set with one file and every file with one image.
    """
    found = {without_suffix(file): folder / file for file in list_images(folder)}
    known = {name: found[name] for name in names if name in found}
    rule = None if known else suggest_rule(names, list(found))
    if rule is not None:
        pairs = match_names(names, list(found), rule).pairs
        known = {names[lq]: list(found.values())[gt] for lq, gt in pairs}
    return known


def _by_difficulty(ranking: Ranking) -> list[str]:
    """Return the image names, the hardest first."""
    deciding = ranking.measures[0]
    values: dict[str, list[float]] = {}
    for entry in ranking.entries:
        for name, value in entry.measured[deciding.measure].images.items():
            values.setdefault(name, []).append(deciding.sign * value)
    return sorted(values, key=lambda name: (mean(values[name]), name))


def _evenly_spaced(names: Sequence[str], limit: int) -> list[str]:
    if len(names) <= limit or limit < 2:
        return list(names[:limit])
    return [names[round(index * (len(names) - 1) / (limit - 1))] for index in range(limit)]


def _read(name: str, files: Mapping[str, Path]) -> dict[str, Image]:
    images = {source: read_image(path) for source, path in files.items()}
    sizes = {source: image.shape[:2] for source, image in images.items()}
    if len(set(sizes.values())) > 1:
        described = ", ".join(f"{files[source]} {w}×{h}" for source, (h, w) in sizes.items())
        raise DataError(
            f"The pictures of {name!r} differ in size, so they are not of the same image "
            f"({described}): give folders of the same test set."
        )
    return images


def _reduced_size(width: int, height: int) -> tuple[int, int]:
    scale = min(1.0, MAX_SIDE / max(height, width))
    return max(1, round(width * scale)), max(1, round(height * scale))


def data_uri(image: Image) -> str:
    """Return an image as a WebP data URI, reduced to :data:`MAX_SIDE` where it is larger."""
    height, width = image.shape[:2]
    size = _reduced_size(width, height)
    if size != (width, height):
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    data = base64.b64encode(encode_image(image, ".webp", QUALITY)).decode("ascii")
    return f"data:image/webp;base64,{data}"
