"""The probe finds what networks with a known structure look at."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs import SizeRequirements
from restorekit.inference.receptive_field import probe

CPU = torch.device("cpu")


def conv(kernel, dilation=1, channels=3):
    torch.manual_seed(kernel + dilation)
    padding = dilation * (kernel // 2)
    return nn.Conv2d(channels, channels, kernel, padding=padding, dilation=dilation)


class Strided(nn.Module):
    """Halves the size twice and comes back; a pixel of the bottom stands for 4×4 pixels."""

    def __init__(self, resize):
        super().__init__()
        self.down, self.up, self.resize = conv(3), conv(3), resize

    def forward(self, x):
        y = F.max_pool2d(F.max_pool2d(self.down(x), 2), 2)
        if self.resize:
            return x + F.interpolate(self.up(y), size=x.shape[-2:], mode="nearest")
        return x + F.interpolate(self.up(y), scale_factor=4, mode="nearest")


class WithMean(nn.Module):
    def forward(self, x):
        return x * x.mean(dim=(-2, -1), keepdim=True)


def find(network, **requirements):
    with torch.no_grad():
        return probe(network.eval(), SizeRequirements(**requirements), CPU)


@pytest.mark.parametrize(
    ("network", "radius"),
    [
        (nn.Identity(), 0),
        (conv(3), 1),
        (nn.Sequential(conv(5), nn.ReLU(), conv(3)), 3),
        (nn.Sequential(conv(3, 16), conv(3, 4), conv(1)), 20),
        (nn.AvgPool2d(9, 1, 4), 4),
    ],
    ids=["identity", "conv", "two convs", "dilated", "pooling"],
)
def test_plain_convolutions(network, radius):
    field = find(network)
    assert (field.context, field.period, field.any_size) == (radius, 1, True)


def test_a_weight_of_zero_still_counts():
    network = nn.Sequential(conv(7), nn.ReLU(), conv(3))
    for parameter in network.parameters():
        nn.init.zeros_(parameter)
    assert find(network).context == 4


def test_strides_give_a_period():
    # A pixel may look at the neighbouring 4×4 pixels, and one further for the first convolution.
    exact = find(Strided(resize=False), multiple=4, minimum=4)
    assert (exact.context, exact.period, exact.any_size) == (8, 4, True)
    resized = find(Strided(resize=True), minimum=4)
    assert (resized.context, resized.period, resized.any_size) == (8, 4, False)


@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential(conv(3), WithMean()),
        nn.InstanceNorm2d(3),
        nn.Sequential(*(conv(3, 256) for _ in range(4))),
    ],
    ids=["mean", "instance norm", "wider than the probe"],
)
def test_networks_that_see_everything(network):
    assert find(network).context is None


def test_attention_over_all_pixels_is_global():
    class Attention(nn.Module):
        def forward(self, x):
            tokens = x.flatten(2).mT
            return F.scaled_dot_product_attention(tokens, tokens, tokens).mT.view_as(x)

    class Spectrum(nn.Module):
        def forward(self, x):
            return torch.fft.irfft2(torch.fft.rfft2(x) * 0.9, s=x.shape[-2:])

    strips = []

    def affordable(height, width):
        strips.append(height * width)
        return height * width <= 10_000

    field = probe(Attention(), SizeRequirements(), CPU, affordable)
    assert field.context is None
    assert strips == [16 * 512, 16 * 2048]
    assert find(Spectrum()).context is None


def test_a_network_that_looks_along_rows_only():
    class Rows(nn.Module):
        def forward(self, x):
            return F.avg_pool2d(x, (1, 11), 1, (0, 5))

    class RowMean(nn.Module):
        def forward(self, x):
            return x - x.mean(dim=2, keepdim=True)

    assert find(Rows()).context == 5
    assert find(RowMean()).context is None
