from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from restorekit.archs import SizeRequirements, forward_padded, pad_to_fit, with_padding
from restorekit.errors import ConfigError, DataError


def image(height: int, width: int) -> torch.Tensor:
    return torch.arange(2 * 3 * height * width).reshape(2, 3, height, width)


@pytest.mark.parametrize(
    ("size", "minimum", "multiple", "padded_size"),
    [
        ((33, 47), 32, 1, (33, 47)),
        ((31, 47), 32, 1, (32, 47)),
        ((33, 47), 1, 8, (40, 48)),
        ((5, 9), 10, 8, (16, 16)),
        ((2, 1), 7, 1, (7, 7)),
        ((1, 1), 16, 16, (16, 16)),
    ],
)
def test_pads_bottom_and_right_as_numpy_reflects(size, minimum, multiple, padded_size):
    x = image(*size)
    padded = pad_to_fit(x, SizeRequirements(minimum, multiple))
    after = [(0, new - old) for new, old in zip(padded_size, size, strict=True)]
    # NumPy reflects as often as needed and replicates a side of one pixel.
    expected = np.pad(x.numpy(), [(0, 0), (0, 0), *after], mode="reflect")
    np.testing.assert_array_equal(padded.numpy(), expected)


def test_what_fits_is_not_copied():
    x = image(16, 24)
    assert pad_to_fit(x, SizeRequirements(8, 8)) is x


def test_an_empty_image_is_refused():
    with pytest.raises(DataError, match="0x4 pixels"):
        pad_to_fit(torch.zeros(1, 3, 0, 4), SizeRequirements(8))


class Demanding(nn.Module):
    """Refuses what it does not take, and returns a tuple."""

    size_requirements = SizeRequirements(minimum=12, multiple=4)

    def forward(self, x: torch.Tensor) -> list[torch.Tensor]:
        assert min(x.shape[-2:]) >= 12
        assert x.shape[-2] % 4 == x.shape[-1] % 4 == 0
        return [x + 1, x + 2]


class DemandingAsBefore(Demanding):
    """States its sizes by the attributes of earlier versions."""

    size_requirements = None
    min_size = 12
    size_multiple = 4


@pytest.mark.parametrize("network", [Demanding(), DemandingAsBefore()])
@pytest.mark.parametrize("size", [(1, 1), (3, 30), (12, 16), (13, 29)])
def test_every_output_is_cropped(network, size):
    x = image(*size)
    first, last = forward_padded(network, x)
    assert torch.equal(first, x + 1)
    assert torch.equal(last, x + 2)


def test_a_plain_module_takes_every_size():
    x = image(5, 3)
    output = forward_padded(nn.Identity(), x)
    assert isinstance(output, torch.Tensor)
    assert torch.equal(output, x)


def test_network_that_changes_the_size_is_named_instead_of_cropped():
    with pytest.raises(ConfigError, match=r"Upsample turns images of 9x8 pixels into 18x16"):
        forward_padded(nn.Upsample(scale_factor=2), torch.rand(1, 3, 9, 8))


@pytest.mark.parametrize(
    ("size", "fitting"), [((5, 9), (12, 12)), ((30, 9), (32, 32)), ((16, 16), (16, 16))]
)
def test_a_square_is_as_long_as_the_longer_side(size, fitting):
    assert SizeRequirements(12, 4, square=True).fit(*size) == fitting


def test_with_padding_takes_any_size_and_is_the_network_otherwise():
    network = Demanding()
    network.scale = nn.Linear(2, 3)
    padded = with_padding(network)
    x = image(13, 29)
    assert torch.equal(padded(x)[1], x + 2)
    assert isinstance(padded, Demanding)
    assert list(padded.state_dict()) == ["scale.weight", "scale.bias"]
    assert padded.scale is network.scale
    with pytest.raises(AssertionError):
        network(x)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_a_network_with_padding_can_be_copied_and_pickled(duplicate):
    x = image(5, 7)
    other = duplicate(with_padding(Demanding()))
    assert torch.equal(other(x)[0], x + 1)
