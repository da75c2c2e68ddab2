"""A killed training ends as an undisturbed one. Longer: python -m benchmarks.soak.kills."""

import sys

import pytest
import torch
from forks import Fork

from benchmarks.soak.kills import _differing, _flat, main


@pytest.mark.slow
def test_a_killed_training_is_resumed_to_the_same_weights(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["kills", "--count", "1", "--processes", "1"])
    done = Fork(main).wait()
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("| 1 | 1 | 1 |")


def test_the_soak_would_see_one_bit():
    def state():
        return {"weights": torch.ones(3), "groups": [{"lr": 0.1}]}

    other = state()
    assert _differing(_flat(state(), "s"), _flat(other, "s")) == []
    other["weights"][1] = torch.nextafter(torch.tensor(1.0), torch.tensor(2.0))
    other["groups"][0]["lr"] = 0.2
    assert _differing(_flat(state(), "s"), _flat(other, "s")) == ["s.groups.0.lr", "s.weights"]
    del other["groups"]
    assert "s.groups.0.lr" in _differing(_flat(state(), "s"), _flat(other, "s"))
