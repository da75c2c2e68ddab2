"""What every network must do, of each config; those of full size are only counted."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config, ConfigDict
from small_networks import SMALL_NETWORKS
from torch import nn

import restorekit.archs
from restorekit.checking.networks import NETWORK_CHECKS, with_random_weights
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


def load_cases() -> dict[str, dict]:
    """Return the different small networks of all configs, each by its first config's name."""
    cases: dict[str, dict] = {}
    for path in sorted(ROOT.glob("configs/[!_]*/**/*.py"), key=lambda p: (len(p.parts), p)):
        network = Config.fromfile(str(path)).model.network.to_dict()
        if network["type"] not in restorekit.archs.__all__:
            continue
        case = {**network, **SMALL[network["type"]]}
        if case not in cases.values():
            cases[path.stem] = case
    return cases


CASES = load_cases()


def test_every_network_has_a_config():
    public = [getattr(restorekit.archs, name) for name in restorekit.archs.__all__]
    networks = {p.__name__ for p in public if isinstance(p, type) and issubclass(p, nn.Module)}
    assert networks == {case["type"] for case in CASES.values()}


@pytest.mark.parametrize(("config", "parameters"), ENTRIES, ids=[c for c, _ in ENTRIES])
def test_the_metafile_says_how_many_parameters_the_config_makes(config, parameters):
    with torch.device("meta"):
        network = MODELS.build(Config.fromfile(str(ROOT / config)).model.network)
    assert sum(parameter.numel() for parameter in network.parameters()) == parameters


@pytest.mark.parametrize("check", NETWORK_CHECKS.values(), ids=lambda check: check.__name__)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_network_does_what_every_network_must(case, check):
    check(with_random_weights(lambda: MODELS.build(ConfigDict(case))))
