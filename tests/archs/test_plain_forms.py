"""Each network computes what its plain form does, in inference and in training."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from mmengine.config import Config, ConfigDict
from torch import nn

from restorekit.benchmarks.references import build_reference
from restorekit.registry import MODELS

CONFIGS = Path(__file__).parents[2] / "configs"
#: Sizes that make each network quick; configs decide on the rest.
SMALL = {
    "NLEDN": {"channels": 6, "growth": 4, "num_layers": 2},
    "PReNet": {"channels": 6, "num_stages": 3, "num_blocks": 2},
    "REHEN": {"channels": 6, "num_stages": 3, "num_blocks": 3, "se_channels": 2},
    "RESCAN": {"channels": 6, "num_stages": 3, "depth": 6, "se_channels": 2},
}
#: One that takes two groups of gates, and one that takes a group for each gate.
WIDTHS = {"PReNet": 30, "RESCAN": 24}


def network_configs() -> dict[str, dict]:
    paths = [CONFIGS / f"{name}/{name}_rain100l.py" for name in ("nledn", "prenet", "rehen")]
    paths += [CONFIGS / "rescan/rescan_rain100l.py", *CONFIGS.glob("[pr]*/variants/*.py")]
    found = {}
    for path in sorted(paths):
        network = Config.fromfile(str(path)).model.network.to_dict()
        found[path.stem] = {**network, **SMALL[network["type"]]}
        if network["type"] in WIDTHS:
            wide = {**found[path.stem], "channels": WIDTHS[network["type"]], "num_stages": 2}
            found[f"{path.stem}-wide"] = wide
    rescan = {"type": "RESCAN", **SMALL["RESCAN"], "se_channels": 0}
    return {**found, "rescan-no-attention": rescan}


NETWORKS = network_configs()
every_network = pytest.mark.parametrize("config", NETWORKS.values(), ids=NETWORKS)


def both(config: dict) -> tuple[nn.Module, nn.Module]:
    """Return the network and its plain form, with the same weights, none of which is zero."""
    torch.manual_seed(0)
    ours = MODELS.build(ConfigDict(config))
    for name, tensor in [*ours.named_parameters(), *ours.named_buffers()]:
        if name.endswith("running_var"):
            nn.init.uniform_(tensor, 0.5, 1.5)
        elif name.endswith("running_mean") or not tensor.any():
            nn.init.normal_(tensor, std=0.1) if tensor.is_floating_point() else None
    plain = build_reference(config)
    plain.load_state_dict(ours.state_dict())
    return ours, plain


def stages(outputs: torch.Tensor | tuple[torch.Tensor, ...]) -> list[torch.Tensor]:
    return [outputs] if isinstance(outputs, torch.Tensor) else list(outputs)


def assert_near(ours: torch.Tensor, plain: torch.Tensor, tolerance: float) -> None:
    """Compare relative to the largest value."""
    assert (ours - plain).abs().max() <= tolerance * plain.abs().max()


@pytest.mark.parametrize("size", [(32, 40), (33, 47)])
@every_network
def test_outputs_are_those_of_the_plain_form(config, size):
    ours, plain = (network.eval() for network in both(config))
    lq = torch.rand(2, 3, *size)
    given = lq.clone()
    with torch.no_grad():
        for one, other in zip(stages(ours(lq)), stages(plain(lq)), strict=True):
            assert_near(one, other, 1e-5)
            assert one.is_contiguous()
    assert torch.equal(lq, given)


@pytest.mark.parametrize("training", [True, False])
@every_network
def test_gradients_are_those_of_the_plain_form(config, training):
    networks = [network.train(training) for network in both(config)]
    lq = torch.rand(2, 3, 32, 40)
    images = [lq.clone().requires_grad_() for _ in networks]
    for network, image in zip(networks, images, strict=True):
        sum(output.square().sum() for output in stages(network(image))).backward()
    assert_near(images[0].grad, images[1].grad, 1e-4)
    ours, plain = (dict(network.named_parameters()) for network in networks)
    # The gradient of what is taken out again (a bias before a normalisation, or one that adds the
    # same to all scores) is nothing but rounding.
    rounding = 1e-6 * max(parameter.grad.abs().max() for parameter in plain.values())
    for name, parameter in ours.items():
        if plain[name].grad.abs().max() > rounding:
            assert_near(parameter.grad, plain[name].grad, 1e-4)
        else:
            assert parameter.grad.abs().max() <= rounding
