from __future__ import annotations

import json

import pytest
import torch

from benchmarks import network_options as networks
from benchmarks.__main__ import main
from benchmarks.limit import as_much_arithmetic
from benchmarks.network_options import Options
from restorekit.errors import ConfigError

SMALL = ["--cfg-options", "channels=4", "num_units=2", "num_convs=1"]
QUICK = ["--height", "20", "--width", "24", "--rounds", "1", "--threads", "1"]


@pytest.mark.parametrize("benchmark", ["infer", "train"])
def test_end_to_end(benchmark, tmp_path, capsys):
    file = tmp_path / "found.json"
    extra = ["--amp", "bf16", "--batch", "2", "--json", str(file)]
    assert main([benchmark, *QUICK, *extra, *SMALL]) == 0
    assert "accelerated / plain" in capsys.readouterr().out
    found = json.loads(file.read_text())
    line = "accelerated, command line"
    assert set(found["contenders"]) == {
        "plain",
        "accelerated",
        line,
        f"{line}, bf16",
        networks.LIMIT,
    }
    assert found["settings"]["amp"] == "bf16"
    assert [(one["ours"], one["reference"]) for one in found["ratios"]] == [
        ("accelerated", "plain"),
        (line, "plain"),
        (f"{line}, bf16", "plain"),
        (line, "accelerated"),
        (f"{line}, bf16", "accelerated"),
        (line, networks.LIMIT),
        (f"{line}, bf16", networks.LIMIT),
    ]


def test_the_network_of_a_config(tmp_path):
    config = tmp_path / "ddn.py"
    config.write_text("model = dict(type='Restorer', network=dict(type='DDN', channels=4))\n")
    assert networks.network_of(str(config)) == {"type": "DDN", "channels": 4}
    config.write_text("model = dict(type='Restorer')\n")
    with pytest.raises(ConfigError, match="has no model"):
        networks.network_of(str(config))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--width", "0"], "--width is 0"),
        (["no.py"], "no.py"),
        (["--cfg-options", "channels"], "KEY=VALUE"),
        (["--device", "cuda"], "PyTorch finds no GPU"),
    ],
)
def test_what_cannot_be_used_is_named(arguments, message, capsys):
    if "cuda" in arguments and torch.cuda.is_available():
        pytest.skip("there is a GPU")
    assert main(["infer", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("training", [False, True])
def test_all_contenders_get_the_same_weights(training):
    network = {"type": "DCSFN", "channels": 4, "num_units": 1, "num_convs": 1}
    built = [networks.build(network, Options(accelerate), training) for accelerate in (True, False)]
    ours, plain = (one.eval() for one in built)
    assert type(ours) is not type(plain)
    lq = torch.rand(1, 3, 20, 24)
    with torch.no_grad():
        torch.testing.assert_close(ours(lq), plain(lq), rtol=1e-4, atol=1e-5)


def test_blocks_that_repeat_are_compiled_one_by_one(monkeypatch):
    compiled = []
    monkeypatch.setattr(torch.nn.Module, "compile", lambda module: compiled.append(type(module)))
    network = {"type": "DCSFN", "channels": 4, "num_units": 2, "num_convs": 1}
    networks.build(network, Options(compile="blocks"), training=True)
    assert {kind.__name__ for kind in compiled} == {"InnerScaleBlock", "ConvGRU"}
    assert sum(kind.__name__ == "InnerScaleBlock" for kind in compiled) == 12
    with pytest.raises(ConfigError, match="Identity has no list of blocks"):
        networks.compile_blocks(torch.nn.Identity())


def test_the_limit_is_the_arithmetic_of_the_network(monkeypatch):
    products = []
    monkeypatch.setattr("benchmarks.limit._macs", lambda network, shape: 7 * 2**30)
    monkeypatch.setattr("benchmarks.limit._seconds", lambda device, product: 1.0)
    real = torch.mm
    monkeypatch.setattr(torch, "mm", lambda *args: products.append(args[0].numel()) or real(*args))
    as_much_arithmetic({}, (1, 8, 8), 3, "cpu")()
    assert len(products) * products[0] * 512 == 3 * 7 * 2**30
