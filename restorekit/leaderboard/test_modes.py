"""Whether a network saw images whole or in tiles, for measured and for published numbers.

Tiles change the output of networks that look at the whole image. Numbers of the two kinds are not
compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from restorekit.catalog import TestMode, all_methods
from restorekit.evaluation.results import Results

#: How tiles are merged that give what the whole image gives, or nearly so.
_FOR_MEMORY = {"exact", "blend"}
_MERGED = {
    "paste": "pasted",
    "mean": "averaged",
    "radial": "averaged by the distance from their centres",
    "blend": "blended",
    "exact": "exact",
}


def published_mode(method: str) -> TestMode | None:
    """Return the tiles of a method's published numbers; None for whole images.

    Args:
        method: Name in tables of published numbers.
    """
    return next(
        (
            known.test_mode
            for known in all_methods().values()
            if method.lower() in {config.published_as.lower() for config in known.configs}
        ),
        None,
    )


def is_comparable(results: Results, mode: TestMode | None) -> bool:
    """Return whether results were measured in the mode of published numbers."""
    tile = results.settings.get("tile")
    if not isinstance(tile, Mapping) or tile.get("merge") in _FOR_MEMORY:
        return mode is None
    return mode is not None and mode.as_dict() == {
        key: tile.get(key) for key in ("size", "stride", "merge")
    }


def describe_tiles(tile: Any) -> str:
    """Return a results file's ``settings.tile``, or a published mode, in words.

    Args:
        tile: A dict with ``size`` (one number, or height and width) and ``merge``; a mode; or
            anything that another program has written there.
    """
    settings = tile.as_dict() if isinstance(tile, TestMode) else tile
    if not isinstance(settings, Mapping):
        return f"tiles of {settings}"
    if settings.get("merge") == "corners":
        return "four crops averaged"
    size, merge = settings.get("size"), settings.get("merge")
    height, width = size if isinstance(size, (list, tuple)) and len(size) == 2 else (size, size)
    text = f"tiles of {height}×{width}"
    stride = settings.get("stride")
    if stride not in (None, size):
        text += f" every {stride} pixels"
    return f"{text}, {_MERGED.get(str(merge), merge)}" if merge else text
