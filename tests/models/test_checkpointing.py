"""Activation checkpointing changes memory, and nothing that is computed."""

import copy

import pytest
import torch
from small_recipes import SMALL, rainy_batch

from restorekit.errors import ConfigError
from restorekit.models import Restorer, checkpoint_activations

BLOCKS = {"Restormer": ["RestormerBlock"], "SFHformer": ["SpaceFrequencyBlock"]}


def restorer(name, **options):
    torch.manual_seed(0)
    network = {"type": name, **SMALL[name], **options}
    model = Restorer(network, {"type": "L1Loss"}, accelerate=False)
    for parameter in model.parameters():
        # Gates that start at zero would hide what is behind them.
        torch.nn.init.normal_(parameter, std=0.1)
    return model.train()


def step(model):
    """Return the gradients, what else a step changes, and the bytes kept for the backward pass."""
    kept = {}

    def pack(tensor):
        kept[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    lq, gt = rainy_batch(2, 16)
    torch.manual_seed(1)
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        loss = model(lq, gt, mode="loss")["loss"]
    loss.backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    buffers = dict(model.named_buffers())
    return gradients, {name: value.clone() for name, value in buffers.items()}, sum(kept.values())


@pytest.mark.parametrize("name", BLOCKS)
def test_gradients_and_statistics_are_the_same_and_less_is_kept(name):
    plain, other = restorer(name), restorer(name)
    other.load_state_dict(plain.state_dict())
    assert checkpoint_activations(other, BLOCKS[name])
    (expected, statistics, kept), (found, found_statistics, found_kept) = map(step, (plain, other))
    torch.testing.assert_close(found, expected, rtol=0, atol=0)
    torch.testing.assert_close(found_statistics, statistics, rtol=0, atol=0)
    assert found_kept < 0.5 * kept
    assert other.state_dict().keys() == plain.state_dict().keys()


def test_dropout_draws_the_same_numbers_again():
    class Dropping(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.block = torch.nn.Sequential(torch.nn.Conv2d(3, 3, 3), torch.nn.Dropout(0.5))

        def forward(self, x):
            return self.block(x)

    plain = Dropping()
    other = copy.deepcopy(plain)
    assert checkpoint_activations(other, "block") == ["block"]
    for model in (plain, other):
        torch.manual_seed(2)
        model(torch.ones(1, 3, 6, 6)).square().sum().backward()
    for one, two in zip(plain.parameters(), other.parameters(), strict=True):
        assert torch.equal(one.grad, two.grad)


def test_all_modules_of_a_class_or_one_by_name():
    model = restorer("Restormer")
    by_class = checkpoint_activations(restorer("Restormer"), ["RestormerBlock"])
    every = [n for n, m in model.named_modules() if type(m).__name__ == "RestormerBlock"]
    assert by_class == every
    assert checkpoint_activations(model, "network.refinement") == ["network.refinement"]
    with pytest.raises(ConfigError, match=r"'RestormerBlok'.*'RestormerBlock'"):
        checkpoint_activations(model, ["RestormerBlok"])


def test_nothing_is_kept_in_inference():
    model = restorer("Restormer")
    lq, _ = rainy_batch(1, 16)
    with torch.no_grad():
        expected = model(lq)
        checkpoint_activations(model, ["RestormerBlock"])
        assert torch.equal(model(lq), expected)


def test_a_training_with_it_gives_the_same_weights(small_config, train):
    plain = train(small_config("plain", length=2))
    config = small_config("checkpointed", length=2)
    config.activation_checkpointing = ["network.layers"]
    other = train(config)
    for one, two in zip(plain.model.parameters(), other.model.parameters(), strict=True):
        assert torch.equal(one, two)
