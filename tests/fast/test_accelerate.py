"""What ``accelerate`` replaces, and what it refuses."""

from __future__ import annotations

import copy
import pickle

import pytest
import torch
from torch import nn

from restorekit.archs import DCSFN, NLEDN
from restorekit.archs.blocks import DenseStack, InnerScaleBlock
from restorekit.errors import RestoreKitError
from restorekit.fast import FastForm, accelerate, forms, plain, register_fast_form
from restorekit.fast.networks import TrainedDCSFN
from restorekit.losses import SSIMLoss, SumLoss
from restorekit.registry import MODELS

SMALL = {"type": "DCSFN", "channels": 4, "num_units": 2, "num_convs": 1}


def build() -> DCSFN:
    torch.manual_seed(0)
    return MODELS.build(SMALL)


class Cube(nn.Module):
    def forward(self, x):
        return x**3


class Square(nn.Module):
    def forward(self, x):
        return x * x


class Third(Cube):
    """A subclass, which may compute something else."""

    def forward(self, x):
        return x / 3


@pytest.fixture
def own_form(monkeypatch):
    monkeypatch.setattr(forms, "_FORMS", copy.deepcopy(forms._FORMS))

    @register_fast_form(Cube)
    class FastCube(FastForm, Cube):
        def compute(self, x):
            return x * x * x

    return FastCube


def test_a_form_of_ones_own_is_applied_to_its_class_alone(own_form):
    network = nn.Sequential(Cube(), Square(), Third())
    fast = accelerate(network)
    assert [type(child) for child in fast] == [own_form, Square, Third]
    assert fast[1] is network[1]
    assert [type(child) for child in network] == [Cube, Square, Third]
    x = torch.rand(2, 3)
    torch.testing.assert_close(fast(x), network(x))


def test_inputs_can_be_named():
    fast = accelerate(build(), training=True)
    lq = torch.rand(1, 3, 32, 32)
    assert torch.equal(fast(lq=lq), fast(lq))
    with torch.no_grad():
        torch.testing.assert_close(accelerate(build())(lq=lq), fast(lq))


def test_a_network_without_any_form_is_returned_itself(own_form):
    network = nn.Sequential(Square(), Third())
    assert accelerate(network) is network


def test_a_form_of_another_class_is_refused():
    with pytest.raises(TypeError, match="subclass of Square"):
        register_fast_form(Square)(type("Wrong", (FastForm, Cube), {}))


def test_gradients_are_the_plain_blocks_unless_training_is_asked_for(own_form):
    x = torch.rand(3, requires_grad=True)
    calls = []
    own_form.compute = lambda self, x: calls.append(1) or x * x * x
    accelerate(Cube())(x)
    assert not calls
    with torch.no_grad():
        accelerate(Cube())(x)
    assert len(calls) == 1


def test_a_module_in_two_places_stays_one(own_form):
    cube = Cube()
    fast = accelerate(nn.ModuleList([cube, nn.Sequential(cube)]))
    assert fast[0] is fast[1][0]


def test_an_accelerated_network_can_be_accelerated_for_training():
    fast = accelerate(accelerate(build()), training=True)
    assert type(fast) is TrainedDCSFN
    assert type(plain(fast)) is DCSFN


def test_losses_are_accelerated_within_others():
    loss = SumLoss({"ssim": {"type": "SSIMLoss"}, "l1": {"type": "L1Loss"}})
    fast = accelerate(loss, training=True)
    kinds = [type(module) for module in fast.modules()]
    assert SSIMLoss not in kinds
    assert any(issubclass(kind, SSIMLoss) for kind in kinds)


def test_it_can_be_copied_and_pickled():
    fast, lq = accelerate(build(), training=True), torch.rand(1, 3, 32, 32)
    expected = fast(lq)
    for other in (copy.deepcopy(fast), pickle.loads(pickle.dumps(fast))):
        assert type(other) is type(fast)
        assert torch.equal(other(lq), expected)
        assert other.head[0].weight is not fast.head[0].weight


def test_it_follows_its_network_to_another_type():
    network = build()
    fast = accelerate(network)
    network.double()
    with torch.no_grad():
        assert fast(torch.rand(1, 3, 32, 32, dtype=torch.float64)).dtype == torch.float64


@pytest.mark.parametrize(
    "name", ["encoders.0.fusions.1.0", "encoders.0.fusions.1", "encoders.0.units.0.scales.0.0.1"]
)
@pytest.mark.parametrize("kind", ["forward", "forward_pre", "full_backward"])
def test_a_hook_that_would_not_be_called_raises(name, kind):
    network = build()
    fast = accelerate(network, training=True)
    module = network.get_submodule(name)
    handle = getattr(module, f"register_{kind}_hook")(lambda *args: None)
    with pytest.raises(RestoreKitError, match="accelerate=False"):
        fast(torch.rand(1, 3, 40, 40))
    handle.remove()
    fast(torch.rand(1, 3, 40, 40))


def test_hooks_of_modules_that_are_called_hold():
    fast = accelerate(build(), training=True)
    called = []
    for module in fast.modules():
        if isinstance(module, (DCSFN, DenseStack, InnerScaleBlock)):
            module.register_forward_hook(lambda *args: called.append(1))
    fast(torch.rand(1, 3, 40, 40)).sum().backward()
    assert len(called) == 1 + 6 + 12


def test_hooks_hold_with_gradients_where_only_inference_is_accelerated():
    network = build()
    called = []
    network.encoders[0].fusions[1][0].register_forward_hook(lambda *args: called.append(1))
    fast = accelerate(network)
    fast(torch.rand(1, 3, 40, 40))
    assert called == [1]


def test_a_second_derivative_that_does_not_exist_is_refused():
    fast = accelerate(NLEDN(channels=6, growth=4, num_layers=2), training=True)
    lq = torch.rand(1, 3, 16, 16, requires_grad=True)
    with pytest.raises(RestoreKitError, match="second derivative"):
        torch.autograd.grad(fast(lq).sum(), lq, create_graph=True)
