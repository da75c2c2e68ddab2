"""Malformed files are read or refused in one sentence; nothing in them is run.

The same attacks, longer: python -m benchmarks.soak.
"""

import pytest

from benchmarks.soak.cases import ATTACKS
from benchmarks.soak.mutations import damage_bytes, damage_value
from benchmarks.soak.run import run_attack

COUNT = 100


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ATTACKS)
@pytest.mark.parametrize("seed", [1, 2])
def test_malformed_input_is_read_or_refused(kind, seed):
    outcome = run_attack(kind, COUNT, seed)
    assert outcome.failures == {}
    assert (outcome.tried, outcome.executed, outcome.slow) == (COUNT, 0, 0)
    # Most damage must show; otherwise nothing is tested.
    assert outcome.refused > COUNT // 4
    assert outcome.read + outcome.refused == COUNT


def test_the_soak_would_see_a_traceback_and_code_that_is_run(monkeypatch):
    class Fragile(ATTACKS["images"]):
        def next(self):
            def attempt():
                self.marker.touch()
                return 1 / 0

            return attempt

    monkeypatch.setitem(ATTACKS, "fragile", Fragile)
    outcome = run_attack("fragile", 3)
    assert not outcome.passed
    assert outcome.executed == 3
    assert [(where.partition(":")[0], n) for where, n in outcome.failures.items()] == [
        ("ZeroDivisionError", 3)
    ]


def test_the_same_seed_is_the_same_damage():
    from random import Random

    value = {"a": [1, {"b": 2}], "c": "text"}
    for damage, original in ((damage_value, value), (damage_bytes, b"abc" * 99)):
        first, second, other = (damage(original, Random(seed)) for seed in ("x", "x", "y"))
        assert repr(first) == repr(second)
        assert repr(first) != repr(other)
    assert value == {"a": [1, {"b": 2}], "c": "text"}
