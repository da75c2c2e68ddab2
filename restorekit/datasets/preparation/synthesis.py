"""Writing pairs of rainy and clean images, rendered from clean ones, to disk."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from restorekit.datasets.checks import checked
from restorekit.datasets.layouts.locate import open_images
from restorekit.datasets.readers.pairing import match_names
from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import ConfigError, DataError
from restorekit.io.files import write_json
from restorekit.io.images import write_image
from restorekit.io.terminal import progress
from restorekit.rain import RainRenderer

#: File in the folder of the pairs that says which rain they are; another rain is refused.
SETTINGS_FILE = "synthesis.json"
SCHEMA = "restorekit.synthesis/1"
#: Images that a process takes at once.
_CHUNK = 8


class Synthesized(NamedTuple):
    """What :func:`synthesize_pairs` did.

    Attributes:
        num_pairs: Pairs that are there now.
        num_found: Clean images of which an earlier run had written all pairs.
        pairing: The rule by which the names of the pairs belong together.
    """

    num_pairs: int
    num_found: int
    pairing: str


def synthesize_pairs(
    clean: str | os.PathLike[str],
    out: str | os.PathLike[str],
    renderer: RainRenderer,
    *,
    variants: int = 1,
    seed: int = 0,
    workers: int | None = None,
    skip_broken: bool = False,
) -> Synthesized:
    """Write ``out/lq`` and ``out/gt`` with rain rendered on clean images.

    An image keeps its name and its folder; with several variants the rainy ones are called
    ``<name>_1.png``, ``<name>_2.png``, … and share their clean one (pairing rule ``prefix``).
    The rain depends on the seed, the image's name and the variant alone, so neither the number
    of processes nor the other images change it. What an interrupted run left is kept, and only
    the rest is written.

    Args:
        clean: Folder of clean images, or an LMDB.
        out: Folder to write to; new, or what an earlier run with the same rain left.
        renderer: The rain.
        variants: Rainy images for each clean one.
        seed: Any whole number from 0 on.
        workers: Processes; by default one for each core.
        skip_broken: Leave out images that cannot be used, and say how many.

    Raises:
        ConfigError: If a number is out of its range.
        DataError: If images cannot be used, ``out`` holds other rain or lies in ``clean``, or
            names would be ambiguous.
    """
    _at_least("variants", variants, 1)
    _at_least("seed", seed, 0)
    workers = os.cpu_count() or 1 if workers is None else workers
    _at_least("workers", workers, 1)
    source, target = Path(clean).expanduser().resolve(), Path(out).expanduser().resolve()
    if target == source or source in target.parents:
        raise DataError(f"{out} lies in {clean}, the folder of clean images: choose another one.")

    reader = checked(open_images(clean), skip_broken=skip_broken)
    pairing = _pairing(reader.names, variants)
    _claim(target, {"rain": repr(renderer.rain), "seed": seed, "variants": variants})
    job = partial(_render, reader, renderer, target, variants, seed)
    todo = [i for i, name in enumerate(reader.names) if _missing(target, name, variants)]
    if workers == 1 or len(todo) <= 1:
        for index in progress(todo, f"rendering {out}"):
            job(index)
    else:
        with ProcessPoolExecutor(min(workers, len(todo))) as pool:
            chunk = max(1, min(_CHUNK, len(todo) // (4 * workers)))
            done = pool.map(job, todo, chunksize=chunk)
            for _ in progress(done, f"rendering {out}", total=len(todo)):
                pass
    return Synthesized(len(reader) * variants, len(reader) - len(todo), pairing)


def variant_rng(seed: int, name: str, variant: int) -> np.random.Generator:
    """Return the generator of one rainy image: of the seed, the image's name and the variant."""
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng((seed, int.from_bytes(digest[:8], "big"), variant))


def _render(
    reader: PairReader,
    renderer: RainRenderer,
    out: Path,
    variants: int,
    seed: int,
    index: int,
) -> None:
    """Write what is missing of one clean image and its rainy ones."""
    name = reader.names[index]
    image, ground_truth = reader.read(index)
    clean = image if ground_truth is None else ground_truth
    path = _gt_path(out, name)
    if not path.exists():
        write_image(path, clean)
    for variant, rainy_name in enumerate(_rainy_names(name, variants)):
        path = _lq_path(out, rainy_name)
        if not path.exists():
            write_image(path, renderer(clean, variant_rng(seed, name, variant)))


def _missing(out: Path, name: str, variants: int) -> bool:
    paths = [_gt_path(out, name), *(_lq_path(out, n) for n in _rainy_names(name, variants))]
    return not all(path.exists() for path in paths)


def _gt_path(out: Path, name: str) -> Path:
    return out / "gt" / f"{name}.png"


def _lq_path(out: Path, name: str) -> Path:
    return out / "lq" / f"{name}.png"


def _rainy_names(name: str, variants: int) -> list[str]:
    return [name] if variants == 1 else [f"{name}_{k + 1}" for k in range(variants)]


def _pairing(names: Sequence[str], variants: int) -> str:
    """Return the rule that pairs the files again, if one does."""
    if variants == 1:
        return "same"
    rainy = [n for name in names for n in _rainy_names(name, variants)]
    pairs = match_names(rainy, names, "prefix").pairs
    for number, place in pairs:
        if place != number // variants:
            raise DataError(
                f"The rainy image {rainy[number]} of {names[number // variants]} would be taken "
                f"for one of {names[place]}: rename one of these clean images, or use variants=1."
            )
    return "prefix"


def _claim(out: Path, settings: dict[str, Any]) -> None:
    """Write the settings down, or refuse a folder that was made with others."""
    path = out / SETTINGS_FILE
    settings = {"schema": SCHEMA, **settings}
    if not path.exists():
        for folder in ("lq", "gt"):
            if (out / folder).exists():
                raise DataError(
                    f"{out} holds a folder {folder} that was not made by this: choose another one."
                )
        write_json(path, settings)
        return
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
        different = [key for key in settings if earlier[key] != settings[key]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is damaged: remove {out} or choose another folder.") from error
    if different:
        raise DataError(
            f"{out} holds pairs with another {' and '.join(different)} (see {SETTINGS_FILE} "
            "there): remove it or choose another folder."
        )


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ConfigError(f"{name} is {value}: give a whole number from {least} on.")
