"""Configs as JSON and back, and the comparison of configs and weights."""

import json
import math
from pathlib import Path

import pytest
import torch
from mmengine.config import Config

from restorekit.certificate.plain import (
    config_changes,
    config_from_json,
    config_to_json,
    unrecorded,
)
from restorekit.certificate.weights import compare_weights, weights_digest

CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("dcsfn/*.py"))
VALUES = [
    None,
    True,
    [1, (2.5, (), [-0.0]), "x"],
    {"betas": (0.9, 0.999), "limits": [math.inf, -math.inf]},
    {1: "one", "stages": {"a": ({2: (3,)},)}},
    {"empty": {}, "text": "__tuple__"},
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_plain_values_come_back_as_they_were(value):
    text = json.dumps(config_to_json(value), allow_nan=False)
    # Equality takes 1 for True and 0.0 for -0.0.
    assert repr(config_from_json(json.loads(text))) == repr(value)


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_shipped_configs_come_back_as_they_were(file):
    config = Config.fromfile(file).to_dict()
    assert config_from_json(json.loads(json.dumps(config_to_json(config)))) == config


def test_classes_become_names_and_live_objects_are_named():
    described = config_to_json({"model": {"type": torch.nn.Conv2d, "loss": torch.nn.L1Loss()}})
    assert described["model"]["type"] == "torch.nn.modules.conv.Conv2d"
    assert unrecorded(described) == ["model.loss"]


def test_changes_are_named_by_dotted_key():
    before = {"a": {"b": 1, "c": [1, 2]}, "d": 0, "f": [{"g": 1, "h": 2}, 3], "i": (1, 2)}
    after = {"a": {"b": 2, "c": [1, 2]}, "e": 1, "f": [{"g": 4, "h": 5}], "i": (1, 3)}
    assert list(config_changes(before, after)) == [
        *("a.b 1 → 2", "d 0 → nothing", "f 2 items → 1 item", "f[0].g 1 → 4", "f[0].h 2 → 5"),
        *("i[1] 2 → 3", "e nothing → 1"),
    ]
    assert list(config_changes(before, before)) == []
    assert list(config_changes(before, after, ("a", "d", "e", "f", "i"))) == []
    assert list(config_changes(before["f"], after["f"], ("g",))) == [
        " 2 items → 1 item",
        "[0].h 2 → 5",
    ]


def test_digest_sees_every_bit_the_name_and_the_type():
    weights = {"a": torch.zeros(2, 3), "n": torch.tensor(1)}
    digests = {
        weights_digest(one)
        for one in (
            weights,
            {**weights, "a": torch.full((2, 3), -0.0)},
            {**weights, "a": torch.zeros(3, 2)},
            {**weights, "a": torch.zeros(2, 3, dtype=torch.float16)},
            {**weights, "a": torch.zeros(2, 3, dtype=torch.bfloat16)},
            {"b": weights["a"], "n": weights["n"]},
        )
    }
    assert len(digests) == 6
    assert weights_digest(dict(reversed(weights.items()))) == weights_digest(weights)


def test_largest_difference_and_where_it_is():
    one = {"a": torch.tensor([1.0, 2.0]), "b": torch.tensor([4.0])}
    other = {"a": torch.tensor([1.0, 2.5]), "b": torch.tensor([4.1])}
    assert compare_weights(one, one) is None
    found = compare_weights(one, other)
    assert (found.name, found.largest, found.relative) == ("a", 0.5, 0.25)
    for broken in ({"a": one["a"]}, {**one, "a": torch.tensor([math.nan, 2.0])}):
        assert compare_weights(one, broken).largest == math.inf
