"""What every network must do, of each config; those of full size are only counted."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import yaml
from mmengine.config import Config, ConfigDict
from small_networks import SMALL_NETWORKS
from torch import nn

import restorekit.archs
from restorekit.archs import forward_padded
from restorekit.archs.blocks import SqueezeExcitation
from restorekit.registry import MODELS

ROOT = Path(__file__).parents[2]
#: Sizes that make each network quick and leave its structure; configs decide on the rest.
SMALL = {
    **SMALL_NETWORKS,
    "DCSFN": {"channels": 4, "num_units": 2, "num_convs": 2},
    "DDN": {"channels": 4, "num_blocks": 2},
    "NLEDN": {"channels": 6, "growth": 4, "num_layers": 2},
    "PReNet": {"channels": 4, "num_stages": 3, "num_blocks": 2},
    "REHEN": {"channels": 6, "num_stages": 2, "num_blocks": 2, "se_channels": 2},
    "RESCAN": {"channels": 6, "num_stages": 2, "depth": 5, "se_channels": 2},
}
ENTRIES = [
    (model["Config"], model["Parameters"])
    for path in sorted(ROOT.glob("configs/*/metafile.yml"))
    for model in yaml.safe_load(path.read_text(encoding="utf-8"))["Models"]
]


class Case(NamedTuple):
    """A network as its config trains it, but small."""

    network: dict
    all_stages: bool

    def build(self, seed: int = 0) -> nn.Module:
        """Build it in evaluation mode, with nothing that is still or closed at the start."""
        torch.manual_seed(seed)
        network = MODELS.build(ConfigDict(self.network)).eval()
        for module in network.modules():
            if isinstance(module, SqueezeExcitation):
                nn.init.ones_(module.squeeze.bias)
            if isinstance(module, nn.BatchNorm2d) and module.track_running_stats:
                nn.init.uniform_(module.running_var, 0.5, 1.5)
        for parameter in network.parameters():
            if not parameter.any():
                nn.init.normal_(parameter, std=0.05)
        return network


def load_cases() -> dict[str, Case]:
    """Return the different small networks of all configs, each by its first config's name."""
    cases: dict[str, Case] = {}
    for path in sorted(ROOT.glob("configs/[!_]*/**/*.py"), key=lambda p: (len(p.parts), p)):
        model = Config.fromfile(str(path)).model
        network = {**model.network.to_dict(), **SMALL[model.network.type]}
        case = Case(network, all_stages=model.type == "MultiStageRestorer")
        if case not in cases.values():
            cases[path.stem] = case
    return cases


CASES = load_cases()
every_network = pytest.mark.parametrize("case", CASES.values(), ids=CASES)

WITH_TRAINING_OUTPUTS = [
    name
    for name, case in CASES.items()
    if hasattr(MODELS.get(case.network["type"]), "forward_train")
]


def outputs_of(outputs: torch.Tensor | tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    return [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)


def run(network: nn.Module, lq: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad():
        return outputs_of(forward_padded(network, lq))


def test_every_network_has_a_config():
    public = [getattr(restorekit.archs, name) for name in restorekit.archs.__all__]
    networks = {p.__name__ for p in public if isinstance(p, type) and issubclass(p, nn.Module)}
    assert networks == {case.network["type"] for case in CASES.values()}


@pytest.mark.parametrize(("config", "parameters"), ENTRIES, ids=[c for c, _ in ENTRIES])
def test_the_metafile_says_how_many_parameters_the_config_makes(config, parameters):
    with torch.device("meta"):
        network = MODELS.build(Config.fromfile(str(ROOT / config)).model.network)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize("size", [(1, 1), (1, 13), (9, 2), (17, 31)])
@every_network
def test_any_size_goes_in_and_comes_out(case, size):
    network = case.build()
    with torch.no_grad():
        outputs = outputs_of(forward_padded(network, torch.rand(2, 3, *size)))
    assert {output.shape for output in outputs} == {(2, 3, *size)}
    assert all(output.isfinite().all() for output in outputs)


@every_network
def test_the_smallest_size_needs_no_padding(case):
    network = case.build()
    sizes = network.size_requirements
    smallest = sizes.fit(1, 1)
    lq = torch.rand(1, 3, smallest[0], smallest[1] + sizes.multiple)
    with torch.no_grad():
        outputs = outputs_of(network(lq))
    assert {output.shape for output in outputs} == {lq.shape}
    torch.testing.assert_close(run(network, lq)[-1], outputs[-1])


@every_network
def test_every_parameter_has_a_gradient(case):
    network = case.build().train()
    lq = torch.rand(2, 3, *network.size_requirements.fit(33, 36))
    if case.all_stages and hasattr(network, "forward_train"):
        seen_by_loss = list(network.forward_train(lq).values())
    else:
        outputs = outputs_of(network(lq))
        seen_by_loss = outputs if case.all_stages else outputs[-1:]
    sum(output.square().sum() for output in seen_by_loss).backward()
    without = [n for n, p in network.named_parameters() if p.grad is None or not p.grad.any()]
    # phi's bias adds the same to all scores of a pixel, which the softmax takes out again.
    assert not [name for name in without if not name.endswith("attention.phi.bias")]
    assert all(parameter.grad is not None for parameter in network.parameters())


@pytest.mark.parametrize("name", WITH_TRAINING_OUTPUTS)
def test_training_and_testing_give_the_same_final_output(name):
    network = CASES[name].build()
    lq = torch.rand(1, 3, *network.size_requirements.fit(20, 40))
    with torch.no_grad():
        named = network.forward_train(lq)
        torch.testing.assert_close(named["pred"], network(lq))
    assert all(output.shape[:2] == (1, 3) for output in named.values())


@every_network
def test_the_state_dict_holds_all_that_counts(case):
    lq = torch.rand(1, 3, 15, 18)
    one, other = case.build(seed=0), case.build(seed=1)
    expected = run(one, lq)[-1]
    assert not torch.equal(run(other, lq)[-1], expected)
    other.load_state_dict(one.state_dict(), strict=True)
    assert torch.equal(run(other, lq)[-1], expected)


@every_network
def test_testing_changes_neither_the_input_nor_the_network(case):
    network, lq = case.build(), torch.rand(1, 3, 15, 18)
    given = lq.clone()
    state = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    once, twice = run(network, lq), run(network, lq)
    assert all(torch.equal(a, b) for a, b in zip(once, twice, strict=True))
    assert torch.equal(lq, given)
    assert all(torch.equal(tensor, state[name]) for name, tensor in network.state_dict().items())


@every_network
def test_runs_and_trains_in_bfloat16(case):
    network, lq = case.build(), torch.rand(1, 3, 15, 18)
    expected = run(network, lq)[-1]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = outputs_of(forward_padded(network, lq))[-1]
    assert output.shape == lq.shape
    assert (output.float() - expected).abs().mean() < 0.05 * (1 + expected.abs().mean())
    output.float().square().mean().backward()
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


@every_network
def test_channels_last_gives_the_same(case):
    network, lq = case.build(), torch.rand(2, 3, 15, 18)
    expected = run(network, lq)
    network = network.to(memory_format=torch.channels_last)
    outputs = run(network, lq.contiguous(memory_format=torch.channels_last))
    torch.testing.assert_close(outputs, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
@every_network
def test_an_exported_network_gives_the_same(case):
    network = case.build()
    lq = torch.rand(1, 3, *network.size_requirements.fit(16, 21))
    exported = torch.export.export(network, (torch.rand_like(lq),))
    torch.testing.assert_close(run(exported.module(), lq), run(network, lq), atol=1e-4, rtol=1e-4)
