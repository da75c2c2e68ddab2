"""Every registered network, accelerated, computes what it does as written in archs."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from mmengine.config import Config, ConfigDict
from small_networks import SMALL_NETWORKS
from torch import nn

from restorekit.archs import forward_padded
from restorekit.archs.sizing import size_requirements_of
from restorekit.checking.networks import with_random_weights
from restorekit.fast import accelerate, plain
from restorekit.fast.forms import FastForm
from restorekit.models.complexity import count_macs
from restorekit.registry import MODELS

CONFIGS = Path(__file__).parents[2] / "configs"
#: Sizes that make each network quick; configs decide on the rest.
SMALL = {
    **SMALL_NETWORKS,
    "DCSFN": {"channels": 4, "num_units": 5, "num_convs": 2},
    "DDN": {"channels": 4, "num_blocks": 2},
    "NLEDN": {"channels": 6, "growth": 4, "num_layers": 2},
    "PReNet": {"channels": 6, "num_stages": 3, "num_blocks": 2},
    "REHEN": {"channels": 6, "num_stages": 3, "num_blocks": 3, "se_channels": 2},
    "RESCAN": {"channels": 6, "num_stages": 3, "depth": 6, "se_channels": 2},
}


def network_configs() -> dict[str, dict]:
    """Return the small networks that have a fast form, each by its first config's name."""
    found: dict[str, dict] = {}
    without_form: list[dict] = []
    # Not DCSFN's ablations: test_fast_dcsfn has their settings.
    methods = [file.parent for file in CONFIGS.glob("*/metafile.yml")]
    paths = [path for one in methods for path in (*one.glob("*.py"), *one.glob("variants/*.py"))]
    for path in sorted(paths, key=lambda path: (len(path.parts), path)):
        config = Config.fromfile(str(path)).model.network.to_dict()
        small = {**config, **SMALL[config["type"]]}
        if small not in found.values() and small not in without_form:
            network = build(small)
            if accelerate(network) is network and accelerate(network, training=True) is network:
                without_form.append(small)
            else:
                found[path.stem] = small
    return {
        **found,
        "rescan-no-attention": {**found["rescan_rain100h"], "se_channels": 0},
        "nafnet-stem": {**found["nafnet_rain13k"], "stem": 2, "attention": False},
    }


def build(config: dict) -> nn.Module:
    """Build a network without parameters of zero, which would hide what depends on them."""
    return with_random_weights(lambda: MODELS.build(ConfigDict(config)))(0)


NETWORKS = network_configs()
every_network = pytest.mark.parametrize("config", NETWORKS.values(), ids=NETWORKS)


def stages(outputs: torch.Tensor | tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    return [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)


def assert_near(one: torch.Tensor, other: torch.Tensor, tolerance: float) -> None:
    """Compare relative to the largest value."""
    assert (one - other).abs().max() <= tolerance * other.abs().max()


def test_networks_with_forms_of_their_own_are_tested():
    expected = {"DCSFN", "DDN", "NLEDN", "PReNet", "REHEN", "RESCAN"}
    assert expected <= {config["type"] for config in NETWORKS.values()}


@pytest.mark.parametrize("training", [False, True])
@every_network
def test_outputs_in_inference(config, training):
    """For several images of an odd size; one that needs no padding is in test_every_network."""
    network = build(config).eval()
    fast = accelerate(network, training)
    lq = torch.rand(3, 3, 33, 17)
    given = lq.clone()
    with torch.no_grad():
        expected, found = (stages(forward_padded(n, lq)) for n in (network, fast))
    for one, other in zip(found, expected, strict=True):
        assert_near(one, other, 1e-5)
    assert torch.equal(lq, given)


@pytest.mark.parametrize("testing", [True, False], ids=["eval", "train"])
@every_network
def test_outputs_and_gradients_in_training(config, testing):
    """In double precision, where rounding does not decide between two sides of a kink.

    Accelerated for inference alone, they are the plain network's: see test_accelerate.
    """
    network = build(config).double()
    # Copied, as batch normalisation changes its running averages.
    fast = accelerate(copy.deepcopy(network), training=True)
    lq = torch.rand(2, 3, 37, 46, dtype=torch.float64)
    images, outputs = [], []
    for one in (network, fast):
        one.train(not testing)
        images.append(lq.clone().requires_grad_())
        outputs.append(stages(forward_padded(one, images[-1])))
        sum(output.square().sum() for output in outputs[-1]).backward()
    torch.testing.assert_close(outputs[1], outputs[0], rtol=1e-9, atol=1e-11)
    torch.testing.assert_close(images[1].grad, images[0].grad, rtol=1e-7, atol=1e-9)
    state, fast_state = network.state_dict(), fast.state_dict()
    torch.testing.assert_close(fast_state, state, rtol=1e-9, atol=1e-11)
    for (name, one), other in zip(network.named_parameters(), fast.parameters(), strict=True):
        torch.testing.assert_close(other.grad, one.grad, rtol=1e-7, atol=1e-8, msg=name)


@pytest.mark.parametrize("training", [False, True])
@every_network
def test_parameters_are_shared_and_keys_are_the_networks(config, training):
    network = build(config)
    fast = accelerate(network, training)
    assert isinstance(fast, type(network))
    assert list(fast.state_dict()) == list(network.state_dict())
    assert all(a is b for a, b in zip(fast.parameters(), network.parameters(), strict=True))
    assert all(a is b for a, b in zip(fast.buffers(), network.buffers(), strict=True))
    assert not any(isinstance(module, FastForm) for module in network.modules())
    assert any(isinstance(module, FastForm) for module in fast.modules())
    back = plain(fast)
    assert [type(m) for m in back.modules()] == [type(m) for m in network.modules()]
    assert all(a is b for a, b in zip(back.parameters(), network.parameters(), strict=True))


# What is counted is the plain network, and the test above is about that of each.
@pytest.mark.parametrize("config", list(NETWORKS.values())[::12])
def test_operations_are_counted_as_the_plain_networks(config):
    network = build(config).eval()
    height, width = size_requirements_of(network).fit(32, 40)
    assert count_macs(accelerate(network), height, width) == count_macs(network, height, width)


@every_network
def test_runs_and_trains_in_bfloat16(config):
    network = build(config).eval()
    fast, lq = accelerate(network, training=True), torch.rand(1, 3, 31, 36)
    with torch.no_grad():
        expected = stages(forward_padded(network, lq))[-1]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = stages(forward_padded(fast, lq))[-1]
    assert (output.float() - expected).abs().mean() < 0.05 * (1 + expected.abs().mean())
    output.float().square().mean().backward()
    gradients = [p.grad for p in fast.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


@every_network
def test_any_layout_of_the_input(config):
    network = build(config).eval()
    fast, lq = accelerate(network), torch.rand(2, 3, 33, 40)
    with torch.no_grad():
        expected = stages(forward_padded(network, lq))
        for given in (
            lq.contiguous(memory_format=torch.channels_last),
            lq.transpose(2, 3).contiguous().transpose(2, 3),
        ):
            for one, other in zip(stages(forward_padded(fast, given)), expected, strict=True):
                assert_near(one, other, 1e-5)
