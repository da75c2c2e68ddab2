import pytest
import torch
from torch import nn
from torch.nn import functional as F

from restorekit.models.complexity import count_macs, count_parameters, network_cost
from restorekit.registry import MODELS


class Attention(nn.Module):
    """Every pixel looks at every other: the cost of a pixel depends on the image."""

    def forward(self, x):
        n, c, h, w = x.shape
        flat = x.reshape(n, c, h * w)
        return (flat @ (flat.mT @ flat).softmax(-1)).reshape(x.shape)


class NeedsData(nn.Module):
    """Asks for a value, which a network without data does not have."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 1)

    def forward(self, x):
        return self.conv(x) if x.mean().item() == 0 else x


H, W = 20, 24


@pytest.mark.parametrize(
    ("network", "expected"),
    [
        (nn.Conv2d(3, 8, 3, padding=1), 3 * 8 * 9 * H * W),
        (nn.Conv2d(3, 6, 3, padding=1, groups=3), 6 * 9 * H * W),
        (nn.Conv2d(3, 8, 3, padding=1, stride=2), 3 * 8 * 9 * H * W // 4),
        (nn.Conv2d(3, 8, 3, padding=2, dilation=2), 3 * 8 * 9 * H * W),
        (nn.ConvTranspose2d(3, 8, 2, stride=2), 3 * 8 * 4 * H * W),
        (nn.Sequential(nn.BatchNorm2d(3), nn.LeakyReLU(), nn.AvgPool2d(2)), 0),
        (nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(3, 7)), 21),
        (Attention(), 2 * 3 * (H * W) ** 2),
        (NeedsData(), 15 * H * W),
    ],
)
def test_operations_are_those_counted_by_hand(network, expected):
    assert count_macs(network, H, W) == expected


def test_counting_leaves_the_network_as_it_was():
    network = nn.Sequential(nn.Conv2d(3, 3, 1), nn.BatchNorm2d(3)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    network_cost(network)
    assert network.training
    for name, tensor in network.state_dict().items():
        assert tensor.device.type == "cpu"
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


def test_shared_parameters_count_once():
    layer = nn.Conv2d(3, 3, 3)
    assert count_parameters(nn.Sequential(layer, layer)) == 3 * 3 * 9 + 3


def test_the_counted_size_is_one_the_network_takes():
    sizes = []

    class Multiples(nn.Module):
        size_multiple = 24

        def forward(self, x):
            sizes.append(x.shape[-1])
            return F.conv2d(x, x.new_zeros(3, 3, 1, 1))

    network = Multiples()
    assert network_cost(network) == {"parameters": 0, "macs_per_pixel": 9.0}
    assert sizes == [264]


@pytest.mark.slow
def test_dcsfn_costs_what_is_published():
    """182.6 GMAC (365 GFLOP) for 3×256×256, counted on the released code at paper settings."""
    network = MODELS.build({"type": "DCSFN"})
    assert count_macs(network, 256, 256) / 1e9 == pytest.approx(182.6, abs=0.05)
