"""Render rain on clean images and write the pairs."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import numpy as np

from restorekit.datasets.checks import checked
from restorekit.datasets.layouts.locate import open_images
from restorekit.datasets.readers.pairing import match_names
from restorekit.datasets.readers.pairs import PairReader
from restorekit.errors import ConfigError, DataError
from restorekit.io.files import path_below, remove_leftovers, sole_writer, write_json
from restorekit.io.images import write_image
from restorekit.io.terminal import progress
from restorekit.io.threads import usable_cores
from restorekit.rain import RainRenderer

#: Says, in the folder of the pairs, which rain they have; pairs with another rain are refused.
SETTINGS_FILE = "synthesis.json"
SCHEMA = "restorekit.synthesis/1"
#: Images handed to a process at a time.
_CHUNK = 8


class Synthesized(NamedTuple):
    """What :func:`synthesize_pairs` did.

    Attributes:
        num_pairs: Pairs in the folder.
        num_found: Clean images whose pairs an earlier run had written.
        pairing: The rule that pairs their names.
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
    The rain depends on nothing but the seed, the image's name and the variant: neither the
    number of processes nor the other images change it. Another run continues what an
    interrupted one left.

    Args:
        clean: Folder of clean images, or an LMDB.
        out: Folder to write to, new or begun by a run with the same rain.
        renderer: The rain.
        variants: Rainy images for each clean one.
        seed: A whole number of at least 0.
        workers: Processes; by default one for each core.
        skip_broken: Leave out images that cannot be used, and report how many.

    Raises:
        ConfigError: If a number is out of its range.
        DataError: If images cannot be used, ``out`` holds other rain or lies in ``clean``, an
            image name leads out of ``out`` or is ambiguous, or another process is writing there.
    """
    _at_least("variants", variants, 1)
    _at_least("seed", seed, 0)
    workers = usable_cores() if workers is None else workers
    _at_least("workers", workers, 1)
    source, target = Path(clean).expanduser().resolve(), Path(out).expanduser().resolve()
    if target == source or source in target.parents:
        raise DataError(f"{out} lies in {clean}, the folder of clean images: choose another one.")

    reader = checked(open_images(clean), skip_broken=skip_broken)
    pairing = _pairing(reader.names, variants)
    for name in reader.names:
        # All names are checked before anything is written.
        _paths(target, name, variants)
    _claim(target, {"rain": repr(renderer.rain), "seed": seed, "variants": variants})
    job = partial(_render, reader, renderer, target, variants, seed)
    with sole_writer(target):
        remove_leftovers(target, recursive=True)
        todo = [
            index
            for index, name in enumerate(reader.names)
            if not all(path.exists() for path in _paths(target, name, variants))
        ]
        _run(job, todo, workers, f"rendering {out}")
    return Synthesized(len(reader) * variants, len(reader) - len(todo), pairing)


def _run(job: Callable[[int], None], todo: Sequence[int], workers: int, description: str) -> None:
    if workers == 1 or len(todo) <= 1:
        for index in progress(todo, description):
            job(index)
        return
    with ProcessPoolExecutor(min(workers, len(todo)), initializer=_end_with_parent) as pool:
        chunk = max(1, min(_CHUNK, len(todo) // (4 * workers)))
        done = pool.map(job, todo, chunksize=chunk)
        for _ in progress(done, description, total=len(todo)):
            pass


def variant_rng(seed: int, name: str, variant: int) -> np.random.Generator:
    """Return the random numbers of one rainy image: those of seed, name and variant."""
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
    """Write the missing files of one clean image and its rainy versions."""
    name = reader.names[index]
    image, ground_truth = reader.read(index)
    clean = image if ground_truth is None else ground_truth
    clean_path, *rainy_paths = _paths(out, name, variants)
    if not clean_path.exists():
        write_image(clean_path, clean)
    for variant, path in enumerate(rainy_paths):
        if not path.exists():
            write_image(path, renderer(clean, variant_rng(seed, name, variant)))


def _paths(out: Path, name: str, variants: int) -> list[Path]:
    """Return where a clean image and its rainy versions go.

    Raises:
        DataError: If the name leads out of ``out``.
    """
    rainy = [path_below(out, n, ".png", inside="lq") for n in _rainy_names(name, variants)]
    return [path_below(out, name, ".png", inside="gt"), *rainy]


def _end_with_parent() -> None:
    """Let this worker process end when the process that started it is killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_exit_after, args=(parent.sentinel,), daemon=True).start()


def _exit_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


def _rainy_names(name: str, variants: int) -> list[str]:
    return [name] if variants == 1 else [f"{name}_{k + 1}" for k in range(variants)]


def _pairing(names: Sequence[str], variants: int) -> str:
    """Return the rule that pairs the files again, if one does."""
    if variants == 1:
        return "same"
    rainy = [n for name in names for n in _rainy_names(name, variants)]
    pairs = match_names(rainy, names, "prefix").pairs
    for number, clean in pairs:
        if clean != number // variants:
            raise DataError(
                f"The rainy image {rainy[number]} of {names[number // variants]} would be paired "
                f"with {names[clean]}: rename one of these clean images, or use variants=1."
            )
    return "prefix"


def _claim(out: Path, settings: dict[str, Any]) -> None:
    """Record the settings, or refuse a folder that was made with others."""
    path = out / SETTINGS_FILE
    settings = {"schema": SCHEMA, **settings}
    if not path.exists():
        for folder in ("lq", "gt"):
            if (out / folder).exists():
                raise DataError(
                    f"{out} has a folder {folder} that `restorekit data synthesize` did not "
                    "make: choose another folder."
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
        raise ConfigError(f"{name} is {value}: give a whole number of at least {least}.")
