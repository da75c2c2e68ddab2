"""Filters predicted from the image."""

import pytest
import torch
import torch.nn.functional as F

from restorekit.archs.blocks.predicted_filter import PredictedFilter
from restorekit.errors import ConfigError


def test_equal_taps_average_the_neighbourhood():
    filter_ = PredictedFilter(16, (3, 3))
    torch.nn.init.zeros_(filter_.predict.weight)
    x = torch.rand(2, 16, 7, 9)
    expected = F.avg_pool2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), 3, stride=1)
    torch.testing.assert_close(filter_(x), expected)


def test_each_image_and_group_has_its_own_kernel():
    filter_ = PredictedFilter(16, (1, 3), dilation=2, activation="tanh", norm=False)
    x = torch.rand(3, 16, 5, 8)
    taps = torch.tanh(F.conv2d(x.mean(dim=(2, 3), keepdim=True), filter_.predict.weight))
    taps = taps.view(3, 8, 3)
    padded = F.pad(x, (2, 2, 0, 0), mode="reflect")
    expected = torch.zeros_like(x)
    for image in range(3):
        for channel in range(16):
            for tap in range(3):
                shifted = padded[image, channel, :, 2 * tap : 2 * tap + 8]
                expected[image, channel] += taps[image, channel // 2, tap] * shifted
    torch.testing.assert_close(filter_(x), expected)


def test_a_batch_of_one_image_is_refused_in_training_only():
    filter_, x = PredictedFilter(8, (3, 3)), torch.rand(1, 8, 4, 4)
    with pytest.raises(ConfigError, match="total_batch_size"):
        filter_(x)
    assert filter_.eval()(x).shape == x.shape


@pytest.mark.parametrize(
    "arguments", [{"channels": 12}, {"channels": 8, "activation": "sigmoid"}, {"channels": 0}]
)
def test_arguments_are_checked(arguments):
    with pytest.raises(ConfigError, match="PredictedFilter"):
        PredictedFilter(kernel_size=(3, 3), **arguments)
