"""Stochastic depth leaves out whole images, keeps the mean, and is off in testing."""

import pytest
import torch

from restorekit.archs.blocks.windows import StochasticDepth
from restorekit.errors import ConfigError


def test_images_are_left_out_or_scaled_and_the_mean_stays():
    branch = torch.ones(4000, 2, 3, 3)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        out = StochasticDepth(0.25)(branch)
    by_image = out.flatten(1)
    assert (by_image == by_image[:, :1]).all()
    assert by_image.unique().tolist() == pytest.approx([0, 1 / 0.75])
    assert out.mean().item() == pytest.approx(1, abs=0.03)


def test_testing_changes_nothing():
    branch = torch.rand(3, 2, 4, 4)
    assert torch.equal(StochasticDepth(0.9).eval()(branch), branch)


@pytest.mark.parametrize("rate", [1.0, -0.1])
def test_impossible_rates_are_refused(rate):
    with pytest.raises(ConfigError, match="drop_rate"):
        StochasticDepth(rate)
