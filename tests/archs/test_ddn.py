from __future__ import annotations

import pytest
import torch
from torch import nn

from restorekit.archs import DDN, forward_padded
from restorekit.archs.blocks import GuidedFilter
from restorekit.errors import ConfigError
from restorekit.registry import MODELS

OWN_MOMENTS = {"type": "BatchNorm", "image_moments": True}
VARIANTS = [
    {},
    {"norm": OWN_MOMENTS},
    {"block": "PreActivationBlock", "base_layer": {"type": "GuidedFilter", "radius": 4}},
]


def variant_id(variant: object) -> str:
    return str(variant)


def build(**kwargs) -> DDN:
    torch.manual_seed(0)
    return DDN(**{"channels": 4, "num_blocks": 2, **kwargs})


@pytest.mark.parametrize("variant", VARIANTS, ids=variant_id)
def test_parameter_count_is_the_released_one(variant):
    assert sum(p.numel() for p in DDN(**variant).parameters()) == 57_369


@pytest.mark.parametrize("variant", VARIANTS, ids=variant_id)
def test_every_parameter_has_a_gradient(variant):
    network = build(**variant).train()
    network(torch.rand(2, 3, 17, 20)).square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        # A bias before a normalisation cannot change anything.
        if parameter.ndim == 4 or not isinstance(owner(network, name), nn.Conv2d):
            assert parameter.grad.any(), name


def owner(network, name):
    return network.get_submodule(name.rpartition(".")[0])


@pytest.mark.parametrize("variant", VARIANTS, ids=variant_id)
@pytest.mark.parametrize("size", [(1, 1), (1, 7), (2, 3), (33, 47)])
def test_any_size_goes_in_and_comes_out(variant, size):
    with torch.no_grad():
        output = forward_padded(build(**variant).eval(), torch.rand(2, 3, *size))
    assert output.shape == (2, 3, *size)
    assert output.isfinite().all()


@pytest.mark.parametrize("variant", VARIANTS, ids=variant_id)
def test_in_testing_images_do_not_depend_on_their_batch(variant):
    network = build(**variant)
    x = torch.rand(3, 3, 12, 15)
    x[1] *= 0.2
    with torch.no_grad():
        network.train()(x)
        together = network.eval()(x)
        alone = torch.cat([network(image[None]) for image in x])
    torch.testing.assert_close(together, alone)


def test_own_moments_are_those_of_training_on_the_image_alone():
    network = build(norm=OWN_MOMENTS)
    assert not list(network.buffers())
    x = torch.rand(1, 3, 12, 15)
    with torch.no_grad():
        torch.testing.assert_close(network.eval()(x), network.train()(x))


def test_running_averages_make_testing_differ_from_training():
    network = build()
    x = torch.rand(2, 3, 12, 15)
    with torch.no_grad():
        trained = network.train()(x)
        assert (network.eval()(x) - trained).abs().max() > 1e-2


def test_only_detail_enters_and_the_result_is_added():
    network = build(norm=OWN_MOMENTS).eval()
    x = torch.rand(1, 3, 20, 24)
    offset = torch.tensor([0.5, -0.25, 2.0])[:, None, None]
    with torch.no_grad():
        # The base layer takes a constant along with it.
        torch.testing.assert_close(network(x + offset), network(x) + offset, atol=1e-5, rtol=0)
        network.tail[1].weight.zero_()
        network.tail[1].bias.copy_(torch.tensor([0.1, 0.2, -0.3]))
        expected = x + torch.tensor([0.1, 0.2, -0.3])[:, None, None]
        torch.testing.assert_close(network(x), expected)


def test_nothing_follows_the_sum_of_a_block():
    """A block's output may be negative where its input is."""
    block = build().blocks[0].eval()
    x = -torch.ones(1, 4, 6, 6)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.zero_()
        assert torch.equal(block(x), x)


def test_weights_start_after_xavier():
    network = DDN()
    kernel = network.blocks[3].body[0].weight
    bound = (6 / (16 * 9 + 16 * 9)) ** 0.5
    assert 0.98 * bound < kernel.abs().max() <= bound
    assert not network.head[0].bias.any()


def test_training_lowers_the_loss():
    network = build(norm=OWN_MOMENTS).train()
    optimizer = torch.optim.SGD(network.parameters(), lr=0.1, momentum=0.9, weight_decay=1e-10)
    gt = GuidedFilter(4, 1e-3)(torch.rand(2, 3, 24, 24))
    lq = (gt + 0.5 * (torch.rand(2, 1, 24, 24) > 0.9)).clamp(0, 1)
    losses = []
    for _ in range(30):
        loss = (network(lq) - gt).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.2 * losses[0]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"channels": 0}, "DDN: channels=0"),
        ({"num_blocks": -1}, "DDN: num_blocks=-1"),
        ({"norm": "BatchNrom"}, "norm: 'BatchNrom'.*Did you mean 'BatchNorm'"),
        ({"base_layer": "os.system"}, "base_layer: 'os.system' is not the name"),
        ({"block": {"type": "ResidualBlock", "channels": 3}}, "block: channels=3 is decided by"),
    ],
    ids=variant_id,
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=message):
        MODELS.build({"type": "DDN", **kwargs})
