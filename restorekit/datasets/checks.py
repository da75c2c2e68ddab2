"""Look at all images before training starts."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np
from mmengine.logging import print_log

from restorekit.errors import DataError
from restorekit.io.terminal import progress
from restorekit.io.threads import in_order

from .readers.known_sizes import remembered_sizes
from .readers.pairs import PairReader

_Reader = TypeVar("_Reader", bound=PairReader)
#: Height and width of a pair, or what is wrong with it.
_Look = tuple[int, int] | str
_NAMED = 3
_WORTH_A_BAR = 5000
#: Files are looked at one after the other, which is fastest on a local disk. Where the first few
#: take longer than this on average (a network disk), threads wait for several at once.
_FIRST_FEW, _SLOW_SECONDS = 200, 1e-3
#: Pairs that a thread takes at a time.
_CHUNK = 32


def checked(
    reader: _Reader,
    *,
    skip_broken: bool = False,
    transforms: Iterable[Callable[..., object]] = (),
) -> _Reader:
    """Look at the header, size and end of every image; return the reader of the usable pairs.

    What is found in large folders is remembered there; see
    :mod:`restorekit.datasets.readers.known_sizes`.

    Args:
        reader: Pairs.
        skip_broken: Leave out what cannot be used, and report how many, instead of refusing all.
        transforms: What images will go through; their ``min_size`` is the smallest side.

    Raises:
        DataError: If anything cannot be used, or, with ``skip_broken``, if nothing can. It
            names the first problems and counts the others.

    Example:
        >>> from restorekit.datasets import open_pairs
        >>> len(checked(open_pairs("data/mine", "test")))
        2
    """
    least, needed_by = _largest_min_size(transforms)
    by_pair: dict[int, str] = {}
    with remembered_sizes(reader.sources()):
        sizes = reader.known_sizes()
        unknown = np.flatnonzero(sizes[:, 0] == 0).tolist()
        looks: Iterable[_Look] = _looks(reader, unknown)
        if len(unknown) >= _WORTH_A_BAR:
            looks = progress(looks, f"checking {reader.location}", len(unknown))
        for index, look in zip(unknown, looks, strict=True):
            if isinstance(look, str):
                by_pair[index] = look
            else:
                sizes[index] = look
    for index in np.flatnonzero(sizes.min(axis=1, initial=1 << 30) < least).tolist():
        height, width = sizes[index].tolist()
        if index not in by_pair:
            by_pair[index] = (
                f"{reader.label(index)} is {width}×{height} pixels, smaller than the "
                f"{least}×{least} that {needed_by} needs: choose a smaller patch_size or remove it"
            )
    problems = [*reader.findings, *(by_pair[index] for index in sorted(by_pair))]
    if not problems:
        return reader
    kept = [index for index in range(len(reader)) if index not in by_pair]
    if not skip_broken or not kept:
        raise DataError(_summary(problems, all_broken=not kept))
    print_log(
        f"{reader.location}: left out {len(problems)} that cannot be used, {len(kept)} remain: "
        f"{_first(problems)}.",
        logger="current",
        level=logging.WARNING,
    )
    return reader.subset(kept)


def _looks(reader: PairReader, indices: Sequence[int]) -> Iterator[_Look]:
    """Yield the size of each pair, or its problem."""

    def look(index: int) -> _Look:
        try:
            return reader.size(index)
        except DataError as error:
            return str(error).rstrip(".")

    start = time.monotonic()
    for index in indices[:_FIRST_FEW]:
        yield look(index)
    rest = indices[_FIRST_FEW:]
    if time.monotonic() - start <= _SLOW_SECONDS * _FIRST_FEW:
        yield from map(look, rest)
        return
    chunks = (rest[first : first + _CHUNK] for first in range(0, len(rest), _CHUNK))
    workers = min(32, (os.cpu_count() or 1) + 4)
    seen = in_order(lambda chunk: [look(index) for index in chunk], chunks, workers)
    yield from itertools.chain.from_iterable(seen)


def _largest_min_size(transforms: Iterable[Callable[..., object]]) -> tuple[int, str]:
    sizes = [(getattr(t, "min_size", 1), type(t).__name__) for t in _unwrapped(transforms)]
    return max(sizes, default=(1, ""))


def _unwrapped(transforms: Iterable[Callable[..., object]]) -> Iterator[Callable[..., object]]:
    """Yield transforms and, for mmcv's wrappers and Compose, those inside them."""
    for transform in transforms:
        yield transform
        yield from _unwrapped(getattr(transform, "transforms", ()))


def _summary(problems: Sequence[str], all_broken: bool) -> str:
    if all_broken:
        return f"No image can be used: {_first(problems)}."
    remedy = "or leave out what cannot be used with --skip-broken (skip_broken=True in a config)"
    if len(problems) == 1:
        return f"{problems[0]}, {remedy}."
    return f"{len(problems)} problems with the data: {_first(problems)}; fix them, {remedy}."


def _first(problems: Sequence[str]) -> str:
    text = "; ".join(problems[:_NAMED])
    more = len(problems) - _NAMED
    return f"{text}; and {more} more" if more > 0 else text
