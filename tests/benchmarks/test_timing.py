from __future__ import annotations

from functools import partial

import contenders
import pytest

from benchmarks.memory import resident, resident_peak, restart_peaks
from benchmarks.timing import race
from restorekit.errors import DataError, RestoreKitError


def test_rounds_are_timed_and_setups_are_not():
    found = race({"quick": partial(contenders.sleeps, 0.01)}, rounds=3)
    assert [*found] == ["quick"]
    assert len(found["quick"]) == 3
    # The setup takes 0.2 s.
    assert all(0.01 <= one.seconds < 0.2 for one in found["quick"])
    assert all(one.device_memory is None for one in found["quick"])


def test_memory_is_what_rounds_need_beyond_the_setup():
    needs = {str(size): partial(contenders.allocates, size) for size in (20, 80)}
    found = race(needs, rounds=2)
    for size in (20, 80):
        for one in found[str(size)]:
            # `bytes * n` and the bytearray made of it are there at the same time.
            assert 2 * size - 4 <= one.memory / 2**20 <= 2 * size + 12


def test_peaks_can_be_counted_anew():
    assert len(bytearray(b"restorekit" * 6_000_000)) == 60_000_000
    before = resident_peak()
    restart_peaks()
    assert resident_peak() <= before
    assert resident() <= resident_peak() + 2**20


def test_threads_are_limited():
    assert race({"one": partial(contenders.counts_threads, 1)}, rounds=1, threads=1)["one"]


def test_errors_reach_the_caller():
    quick = partial(contenders.sleeps, 0.0)
    for contender, words in (
        (contenders.refuses, "nothing to be measured"),
        (contenders.refuses_later, "round went wrong"),
    ):
        with pytest.raises(DataError, match=words):
            race({"quick": quick, "broken": contender}, rounds=1)
    with pytest.raises(RestoreKitError, match="process of 'dying' ended early, with status 7"):
        race({"quick": quick, "dying": contenders.dies}, rounds=1)
