"""The look at all images before training starts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from mmengine.logging import print_log

from restorekit.errors import DataError
from restorekit.io.terminal import progress
from restorekit.io.threads import usable_cores

from .readers.pairs import PairReader

_Reader = TypeVar("_Reader", bound=PairReader)
_NAMED = 3
_WORTH_A_BAR = 5000


def checked(
    reader: _Reader,
    *,
    skip_broken: bool = False,
    transforms: Iterable[Callable[..., object]] = (),
) -> _Reader:
    """Look at every pair's header, size and end; return the reader of the usable ones.

    Args:
        reader: Pairs.
        skip_broken: Leave out what cannot be used, and say how many, instead of refusing all.
        transforms: What images will go through; their ``min_size`` is the smallest side.

    Raises:
        DataError: If anything cannot be used, or, with ``skip_broken``, if nothing can. It
            names the first problems and counts the others.
    """
    least, needed_by = _largest_min_size(transforms)

    def problem(index: int) -> str | None:
        try:
            height, width = reader.size(index)
        except DataError as error:
            return str(error).rstrip(".")
        if min(height, width) < least:
            return (
                f"{reader.label(index)} is {width}×{height} pixels, smaller than the "
                f"{least}×{least} that {needed_by} needs: choose a smaller patch_size or remove it"
            )
        return None

    total = len(reader)
    with ThreadPoolExecutor(min(32, usable_cores() + 4)) as pool:
        found: Iterable[str | None] = pool.map(problem, range(total))
        if total >= _WORTH_A_BAR:
            found = progress(found, f"checking {reader.location}", total)
        by_pair = list(found)
    kept = [index for index, text in enumerate(by_pair) if text is None]
    problems = [*reader.findings, *(text for text in by_pair if text is not None)]
    if not problems:
        return reader
    if not skip_broken or not kept:
        raise DataError(_summary(problems, all_broken=not kept))
    print_log(
        f"{reader.location}: left out {len(problems)} that cannot be used, {len(kept)} remain: "
        f"{_first(problems)}.",
        logger="current",
        level=logging.WARNING,
    )
    return reader.subset(kept)


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
    return f"{len(problems)} problems with the data: {_first(problems)}; mend them, {remedy}."


def _first(problems: Sequence[str]) -> str:
    text = "; ".join(problems[:_NAMED])
    more = len(problems) - _NAMED
    return f"{text}; and {more} more" if more > 0 else text
