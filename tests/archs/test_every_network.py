"""What every network must do, of each config; those of full size are only counted."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config, ConfigDict
from small_networks import SMALL_NETWORKS
from torch import nn

import restorekit.archs
from restorekit.checking.networks import NETWORK_CHECKS, exported, with_random_weights
from restorekit.registry import MODELS

ROOT = Path(__file__).parents[2]
#: Sizes that make each network quick and leave its structure; configs decide on the rest.
SMALL = {
    **SMALL_NETWORKS,
    "DCSFN": {"channels": 4, "num_units": 2, "num_convs": 2},
    "DDN": {"channels": 4, "num_blocks": 2},
    "NLEDN": {"channels": 6, "growth": 4, "num_layers": 2, "grids": (4, 2)},
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


@functools.cache
def count_parameters(network: str) -> int:
    """Return how many parameters the network of a config has, as JSON: many configs share one."""
    with torch.device("meta"):
        built = MODELS.build(ConfigDict(json.loads(network)))
    return sum(parameter.numel() for parameter in built.parameters())


@pytest.mark.parametrize(("config", "parameters"), ENTRIES, ids=[c for c, _ in ENTRIES])
def test_the_metafile_says_how_many_parameters_the_config_makes(config, parameters):
    network = Config.fromfile(str(ROOT / config)).model.network
    assert count_parameters(json.dumps(network, sort_keys=True)) == parameters


#: The first network of each class.
FIRST = {case["type"]: name for name, case in reversed(CASES.items())}


def pairs_to_check():
    """Yield each network with each check; exporting takes long, and one of each class is enough."""
    for name, case in CASES.items():
        for check in NETWORK_CHECKS.values():
            if check is not exported:
                yield pytest.param(case, check, id=f"{name}-{check.__name__}")
            elif FIRST[case["type"]] == name:
                yield pytest.param(case, check, id=f"{name}-exported", marks=pytest.mark.slow)


@pytest.mark.parametrize(("case", "check"), list(pairs_to_check()))
def test_a_network_does_what_every_network_must(case, check):
    check(with_random_weights(lambda: MODELS.build(ConfigDict(case))))
