"""The learning rates of recipes at every step, against the formulas of the released codes."""

import math
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from restorekit.registry import PARAM_SCHEDULERS

CONFIGS = Path(__file__).parents[2] / "configs"


def rates(schedules, base, steps):
    """The rate of each step, from 0, of mmengine's schedules by epoch or by iteration."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    schedules = [schedules] if isinstance(schedules, dict) else schedules
    built = [PARAM_SCHEDULERS.build({"optimizer": optimizer, **schedule}) for schedule in schedules]
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        for schedule in built:
            schedule.step()
    return found


def recipe(path, shorten=1):
    """The schedules and the base rate of a config, with all lengths divided."""
    config = Config.fromfile(str(CONFIGS / path))
    schedules = config.param_scheduler
    schedules = [schedules] if isinstance(schedules, dict) else schedules
    shorter = [dict(schedule) for schedule in schedules]
    for schedule in shorter:
        for key in {"begin", "end", "T_max"} & schedule.keys():
            assert schedule[key] % shorten == 0
            schedule[key] //= shorten
    return shorter, config.optim_wrapper.optimizer.lr, config.train_cfg


def cosine(step, length, base, least):
    return least + (base - least) * (1 + math.cos(math.pi * step / length)) / 2


def cosines(step, periods, weights, base, leasts):
    """Cosines that restart, each with a factor and a least rate of its own (BasicSR)."""
    start = 0
    for period, weight, least in zip(periods, weights, leasts, strict=True):
        if step <= start + period:
            return least + weight * (cosine(step - start, period, base, least) - least)
        start += period
    raise AssertionError(step)


@pytest.mark.parametrize("path", ["restormer/restormer_rain13k.py", "drsformer/drsformer_spa.py"])
def test_restormers_two_cosines_of_which_the_first_is_constant(path):
    schedules, base, loop = recipe(path, shorten=100)
    assert (base, loop.max_iters) == (3e-4, 300000)
    expected = [cosines(k, (920, 2080), (1, 1), 3e-4, (3e-4, 1e-6)) for k in range(3000)]
    assert rates(schedules, base, 3000) == pytest.approx(expected, rel=1e-9)


def test_mprnets_warm_up_of_three_epochs_and_cosine():
    schedules, base, loop = recipe("mprnet/mprnet_rain13k.py")
    assert (base, loop.max_epochs) == (2e-4, 250)
    # The released code takes a step of its schedule before the first epoch.
    expected = [2e-4 * (epoch + 1) / 3 for epoch in range(3)]
    expected += [cosine(epoch - 3, 247, 2e-4, 1e-6) for epoch in range(3, 250)]
    assert rates(schedules, base, 250) == pytest.approx(expected, rel=1e-9)


def test_nerd_rains_warm_up_and_cosine():
    # Its epochs have 1,800 iterations: here 18, and the rate is compared where epochs begin or, in
    # the warm-up, where they end.
    schedules, base, loop = recipe("nerd-rain/nerd_rain_rain200l.py", shorten=100)
    assert (base, loop.max_iters) == (1e-4, 5400000)
    found = rates(schedules, base, 54000)
    assert found[:54:53] == pytest.approx([1e-4 / 3, 1e-4])
    assert sorted(found[:54]) == found[:54]
    expected = [cosine(epoch - 3, 2997, 1e-4, 1e-6) for epoch in range(3, 3000)]
    assert found[54::18] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("path", "steps", "shorten", "base", "least"),
    [
        ("nafnet/nafnet_rain200h.py", 200000, 100, 1e-3, 1e-7),
        ("sfhformer/sfhformer_rain200h.py", 1000, 1, 1e-3, 1e-6),
        ("fadformer/fadformer_rain200h.py", 800, 1, 1e-3, 1e-5),
        ("fadformer/fadformer_rain1200.py", 500, 1, 1e-3, 1e-5),
        ("fadformer/fadformer_spa.py", 6, 1, 1e-3, 1e-5),
        ("fadformer/variants/fadformer_mini.py", 300, 1, 1e-3, 1e-5),
    ],
)
def test_one_cosine(path, steps, shorten, base, least):
    schedules, found, loop = recipe(path, shorten)
    assert found == base
    assert loop.get("max_iters", loop.get("max_epochs")) == steps
    count = steps // shorten
    expected = [cosine(step, count, base, least) for step in range(count)]
    assert rates(schedules, base, count) == pytest.approx(expected, rel=1e-6)


def test_cosines_with_restarts_are_mmengines():
    schedule = {
        "type": "CosineRestartLR",
        "periods": [20, 30, 10],
        "restart_weights": [1, 1, 1],
        "eta_min": 1e-6,
        "by_epoch": False,
    }
    found = rates(schedule, 2e-4, 60)
    expected = [cosines(k, (20, 30, 10), (1, 1, 1), 2e-4, (1e-6,) * 3) for k in range(60)]
    # BasicSR restarts one step later: its last step of a period has the least rate.
    for restart in (50, 20):
        assert expected.pop(restart) == pytest.approx(1e-6)
        found.pop(restart)
    assert found == pytest.approx(expected, rel=1e-9)
