"""Names of results that stand beside their inputs, and how to recognise them."""

from __future__ import annotations

from collections.abc import Iterable

#: What follows the name of an input in that of its restored file, and of the comparison with it.
RESTORED, COMPARED = "_restored", "_compare"


def results_among(names: Iterable[str]) -> dict[str, str]:
    """Return the names that are those of results, each with its input's name.

    Args:
        names: Names without suffix, perhaps with folders. A name is that of a result only if its
            input is among them.

    Example:
        >>> results_among(["a", "a_restored", "b_restored", "sub/a"])
        {'a_restored': 'a'}
    """
    known = dict.fromkeys(names)
    return {
        name: name.removesuffix(mark)
        for name in known
        for mark in (RESTORED, COMPARED)
        if name.endswith(mark) and name.removesuffix(mark) in known
    }
