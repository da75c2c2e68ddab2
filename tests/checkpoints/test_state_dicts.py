"""The network's weights are found in whatever a training wraps them in."""

import pytest
import torch
from torch import nn

from restorekit.checkpoints.state_dicts import find_state_dict
from restorekit.cli import main
from restorekit.errors import CheckpointError


def network(seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 3, 3))


def prefixed(prefix, weights):
    return {f"{prefix}{key}": value for key, value in weights.items()}


def optimizer():
    model = network(1)
    adam = torch.optim.Adam(model.parameters())
    model(torch.rand(1, 3, 8, 8)).sum().backward()
    adam.step()
    return adam.state_dict()


WRAPPERS = {
    "bare": lambda w: w,
    "model": lambda w: {"model": w, "optimizer": optimizer(), "epoch": 3},
    "state_dict": lambda w: {"state_dict": w, "optimizer": optimizer()},
    "model_state_dict": lambda w: {"model_state_dict": w, "optimizer_state_dict": optimizer()},
    "net": lambda w: {"net": w, "clock_net": 7, "opt_net": optimizer()},
    "generator": lambda w: {"generator": w, "discriminator": network(2).state_dict()},
    "params": lambda w: {"params": w},
    "nested": lambda w: {"checkpoint": {"models": {"net_g": {"params": w}}}, "args": {"lr": 0.1}},
    "data parallel": lambda w: prefixed("module.", w),
    "compiled": lambda w: {"model": prefixed("_orig_mod.", w)},
    "both": lambda w: {"model": prefixed("_orig_mod.module.", w)},
    "lightning": lambda w: {
        "state_dict": {
            **prefixed("model.", w),
            **prefixed("loss_fn.vgg.", network(3).state_dict()),
            **prefixed("discriminator.", network(4).state_dict()),
        },
        "optimizer_states": [optimizer()],
        "callbacks": {"EarlyStopping": {"best": torch.ones(1)}},
        "global_step": 12,
    },
    "averaged model": lambda w: {**prefixed("module.", w), "n_averaged": torch.tensor(5)},
    "with numbers": lambda w: {**w, "iteration": 5},
}


@pytest.mark.parametrize("name", WRAPPERS)
def test_any_wrapper(name):
    weights = network().state_dict()
    found = find_state_dict(WRAPPERS[name](weights), "x.pth").weights
    assert found.keys() == weights.keys()
    assert all(torch.equal(found[key], weights[key]) for key in weights)


@pytest.mark.parametrize(
    ("make", "raw", "average"),
    [
        (lambda r, a: {"params": r, "params_ema": a}, "params", "params_ema"),
        (lambda r, a: {"g": {"params_ema": a, "params": r}}, "g.params", "g.params_ema"),
        (
            lambda r, a: {"state_dict": {**prefixed("model.", r), **prefixed("ema_model.", a)}},
            "state_dict.model",
            "state_dict.ema_model",
        ),
        (lambda r, a: {"model": r, "model_ema": a}, "model", "model_ema"),
        # MMEngine stores the average as the state dict.
        (
            lambda r, a: {"state_dict": a, "ema_state_dict": r, "message_hub": {}},
            "ema_state_dict",
            "state_dict",
        ),
    ],
)
def test_the_average_is_taken_unless_the_other_is_asked_for(make, raw, average):
    weights, averaged = network(0).state_dict(), network(1).state_dict()
    content = make(weights, averaged)
    found = find_state_dict(content, "x.pth")
    assert (found.key, found.others) == (average, (raw,))
    assert torch.equal(found.weights["0.weight"], averaged["0.weight"])
    other = find_state_dict(content, "x.pth", raw)
    assert torch.equal(other.weights["0.weight"], weights["0.weight"])


@pytest.mark.parametrize(
    ("content", "key", "words"),
    [
        ({"epoch": 3}, None, ["tensors"]),
        ([torch.ones(3)], None, ["tensors"]),
        (None, None, ["tensors"]),
        ({"net_a": {"w": torch.ones(9)}, "net_b": {"w": torch.ones(9)}}, None, ["net_a", "net_b"]),
        ({"params": {"w": torch.ones(9)}}, "parms", ["'parms'", "'params'"]),
    ],
)
def test_what_is_missing_or_ambiguous_is_said(content, key, words):
    with pytest.raises(CheckpointError) as caught:
        find_state_dict(content, "x.pth", key)
    assert all(word in str(caught.value) for word in words)


def test_a_dict_that_holds_itself_ends():
    content: dict = {"weight": torch.ones(2)}
    content["model"] = content
    assert "weight" in find_state_dict(content, "x.pth", "").weights


def test_convert_says_which_weights_it_took(tmp_path, capsys):
    from released_dcsfn import Released

    from restorekit.checkpoints.network_file import read_network_file

    raw, average = Released().state_dict(), Released().state_dict()
    average = {key: value + 1 for key, value in average.items()}
    torch.save({"params": raw, "params_ema": average, "iter": 9}, tmp_path / "in.pth")
    paths = [str(tmp_path / "in.pth"), str(tmp_path / "out.pth")]
    read = {}
    for name, options in {"params_ema": [], "params": ["--weights", "params"]}.items():
        assert main(["convert", "dcsfn", *paths, *options]) == 0
        assert f"{name} is taken" in capsys.readouterr().out
        read[name], meta = read_network_file(paths[1])
        assert meta["converted_from"]["weights"] == name
        assert meta["converted_from"]["iteration"] == 9
    key = "head.0.bias"
    assert torch.allclose(read["params_ema"][key], read["params"][key] + 1)
