"""Accelerated DCSFN against the plain network, in the settings that its forms depend on."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from restorekit.fast import accelerate
from restorekit.registry import MODELS

SMALL = {"type": "DCSFN", "channels": 5, "num_units": 6, "num_convs": 2}
VARIANTS = [
    {},
    {"num_scales": 1},
    {"num_scales": 2},
    {"num_scales": 4},
    {"num_units": 1},
    {"num_units": 4},
    {"recurrent_unit": "ConvRNN"},
    {"recurrent_unit": "ConvLSTM"},
    {"recurrent_unit": "ConvLSTM", "chained_state_resize": True},
    {"skip": "after"},
    {"skip": "none"},
    {"skip": "after", "dense_fusion": "before"},
    {"num_units": 1, "dense_fusion": "before"},
    {"dense_connection": False},
    {"inner_connection": False},
    {"num_subnetworks": 1},
]


def variant_id(variant):
    return "-".join(f"{key}={value}" for key, value in variant.items()) or "default"


def pair(dtype=torch.float64, change=lambda network: None, **variant):
    """Return the accelerated and the plain network, each with its own parameters."""
    torch.manual_seed(0)
    plain = MODELS.build({**SMALL, **variant}).to(dtype)
    change(plain)
    return accelerate(copy.deepcopy(plain), training=True), plain


def gradients(network, lq, weights):
    lq = lq.clone().requires_grad_()
    output = network(lq)
    found = torch.autograd.grad((output * weights).sum(), [lq, *network.parameters()])
    return output.detach(), found


@pytest.mark.parametrize(
    ("variant", "shape"),
    [({}, (1, 40, 48)), *((variant, (2, 37, 50)) for variant in VARIANTS)],
    ids=lambda value: variant_id(value) if isinstance(value, dict) else str(value),
)
def test_outputs_and_gradients_are_those_of_the_plain_network(variant, shape):
    ours, plain = pair(**variant)
    lq, weights = (torch.rand(shape[0], 3, *shape[1:], dtype=torch.float64) for _ in range(2))
    (output, found), (expected, wanted) = (gradients(n, lq, weights) for n in (ours, plain))
    torch.testing.assert_close(output, expected, rtol=1e-12, atol=1e-12)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-9, atol=1e-11)
    with torch.no_grad():
        torch.testing.assert_close(ours(lq), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("variant", VARIANTS[::4], ids=variant_id)
def test_outputs_in_float32(variant):
    ours, plain = pair(torch.float32, **variant)
    lq = torch.rand(2, 3, 34, 41)
    with torch.no_grad():
        rain, expected = lq - ours(lq), lq - plain(lq)
    assert (rain - expected).norm() < 1e-5 * expected.norm()
    assert (lq - ours(lq) - rain).norm() < 1e-5 * rain.norm()


def test_gradients_in_float32_at_the_papers_width():
    """With smooth activations, as rounding decides on which side of a kink a value lies."""
    ours, plain = pair(torch.float32, smooth, channels=32)
    lq, weights = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    (_, found), (_, wanted) = (gradients(n, lq, weights) for n in (ours, plain))
    for one, other in zip(found, wanted, strict=True):
        assert (one - other).norm() < 1e-4 * other.norm()


def smooth(network):
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.LeakyReLU):
                setattr(module, name, nn.Tanh())


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_gradients_under_autocast(dtype):
    ours, plain = pair(torch.float32, channels=8)
    lq, weights = torch.rand(2, 3, 32, 32), torch.rand(2, 3, 32, 32)
    _, wanted = gradients(plain, lq, weights)
    with torch.autocast("cpu", dtype=dtype):
        output = ours(lq)
    found = torch.autograd.grad((output.float() * weights).sum(), ours.parameters())
    for one, parameter, other in zip(found, ours.parameters(), wanted[1:], strict=True):
        assert one.dtype == parameter.dtype
        assert (one - other).norm() < 0.2 * other.norm() + 1e-3


def test_frozen_parameters_get_no_gradient_and_change_no_other():
    ours, plain = pair()
    lq, weights = (torch.rand(1, 3, 32, 32, dtype=torch.float64) for _ in range(2))
    kept = ("encoders.0.fusions.2", "decoders.1.units.3", "head")
    for network in (ours, plain):
        for name, parameter in network.named_parameters():
            parameter.requires_grad_(name.startswith(kept))
        (network(lq) * weights).sum().backward()
    for one, other in zip(ours.parameters(), plain.parameters(), strict=True):
        assert (one.grad is None) == (other.grad is None)
        if other.grad is not None:
            torch.testing.assert_close(one.grad, other.grad, rtol=1e-9, atol=1e-11)


def test_a_graph_is_used_twice_and_in_part():
    ours, plain = pair()
    lq, weights = (torch.rand(1, 3, 32, 32, dtype=torch.float64) for _ in range(2))
    output = (ours(lq) * weights).sum()
    wanted = torch.autograd.grad((plain(lq) * weights).sum(), list(plain.parameters()))
    parameters = list(ours.parameters())
    index = [name for name, _ in ours.named_parameters()].index("decoders.0.fusions.4.0.weight")
    for chosen in (slice(index, index + 1), slice(None), slice(None)):
        found = torch.autograd.grad(output, parameters[chosen], retain_graph=True)
        torch.testing.assert_close(found, wanted[chosen], rtol=1e-9, atol=1e-11)


def test_gradients_of_the_units_outputs_alone():
    ours, plain = pair()
    x = torch.rand(1, 5, 16, 16, dtype=torch.float64)
    found = []
    for network in (ours, plain):
        encoder = network.encoders[0]
        _, features = encoder(x, ())
        wanted = list(encoder.units[:4].parameters()) + list(encoder.fusions[:2].parameters())
        found.append(torch.autograd.grad(features[3].square().sum(), wanted))
    torch.testing.assert_close(*found, rtol=1e-9, atol=1e-11)


def test_a_deep_copy_has_its_own_parameters():
    ours, _ = pair()
    other = copy.deepcopy(ours)
    ours(torch.rand(1, 3, 32, 32, dtype=torch.float64)).sum().backward()
    assert all(parameter.grad is None for parameter in other.parameters())


@pytest.mark.parametrize("layout", ["plain", "channels-last", "strided"])
def test_any_layout_of_the_input(layout):
    ours, plain = pair()
    lq = torch.rand(2, 3, 33, 40, dtype=torch.float64)
    given = {
        "plain": lq,
        "channels-last": lq.contiguous(memory_format=torch.channels_last),
        "strided": lq.transpose(2, 3).contiguous().transpose(2, 3),
    }[layout]
    torch.testing.assert_close(ours(given), plain(lq), rtol=1e-12, atol=1e-12)


def test_second_derivatives_are_those_of_the_plain_network():
    ours, plain = pair(channels=2, num_units=5)
    lq = torch.rand(1, 3, 40, 40, dtype=torch.float64)
    found = []
    for network in (ours, plain):
        image = lq.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(network(image).square().sum(), image, create_graph=True)
        weights = [network.head[0].weight, network.encoders[0].fusions[3][0].weight]
        found.append(torch.autograd.grad(gradient.square().sum(), weights))
    torch.testing.assert_close(*found, rtol=1e-8, atol=1e-10)


def test_less_than_half_of_the_memory_is_kept_for_backward():
    """Counted in bytes of different storages that autograd saves, parameters left out."""
    ours, plain = pair(torch.float32, channels=8, num_units=16)
    lq = torch.rand(4, 3, 64, 64)
    kept = []
    for network in (ours, plain):
        storages = {}

        def save(tensor, storages=storages):
            if not isinstance(tensor, nn.Parameter):
                storage = tensor.untyped_storage()
                # With the tensor, so that no address is used twice.
                storages[storage.data_ptr()] = storage
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(save, lambda tensor: tensor):
            output = network(lq)
        kept.append(sum(storage.nbytes() for storage in storages.values()))
        del output
    assert kept[0] <= 0.5 * kept[1]
