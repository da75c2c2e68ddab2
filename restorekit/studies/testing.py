"""Which test sets a run is tested on, and what is measured there."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from restorekit.catalog import get_dataset

from .records import OWN, Figure, Study, Table


@dataclass(frozen=True)
class Test:
    """A test of a run.

    Attributes:
        test_set: Id of the test set, or ``own``.
        keys: What is measured: ``<measure>/<protocol>``, or the name of a measure without one.
        images: Whether a figure shows its restored images.
    """

    # Not a class of tests.
    __test__ = False

    test_set: str
    keys: tuple[str, ...]
    images: bool

    @property
    def protocols(self) -> list[str]:
        """The protocols to measure under."""
        return list(dict.fromkeys(key.partition("/")[2] for key in self.keys if "/" in key))

    @property
    def measures(self) -> list[str]:
        """The measures to take without a protocol."""
        return [key for key in self.keys if "/" not in key]


def needed_tests(study: Study, run: str, parts: Collection[str] | None = None) -> list[Test]:
    """Return the tests of a run.

    A test measures what all tables and figures need of it, so that it is not repeated for another
    one.

    Args:
        study: The study at its scale.
        run: The run.
        parts: Ids of the tables and figures that are made; by default all.
    """
    keys: dict[str, dict[str, None]] = {}
    images: set[str] = set()
    wanted: set[str] = set()
    for id_, part in study.parts.items():
        for test_set, key in _needs(part, run):
            keys.setdefault(test_set, {})[key] = None
            if isinstance(part, Figure):
                images.add(test_set)
            if parts is None or id_ in parts:
                wanted.add(test_set)
    return [Test(one, tuple(keys[one]), one in images) for one in keys if one in wanted]


def _needs(part: Table | Figure, run: str) -> Iterator[tuple[str, str]]:
    """Yield test sets and keys of what a table or figure needs of a run."""
    if isinstance(part, Figure):
        if run in part.runs and part.kind != "curves":
            yield part.test_set or OWN, part.key
        return
    for index, column in enumerate(part.columns):
        if any(row.run_of(index) == run for row in part.rows):
            for measure in part.measures:
                yield part.test_set(column), f"{measure}/{part.protocol}".rstrip("/")


def is_own(test_set: str, catalog: str | None) -> bool:
    """Return whether a test set is that of a config whose test images are ``catalog``'s."""
    return test_set == OWN or (catalog is not None and get_dataset(test_set).id == catalog)
