"""How training grows with processes, and cost with sizes: on a network that takes no time."""

import json

import pytest

from benchmarks.__main__ import main

OPTIONS = ["--cfg-options", "channels=2", "num_units=1", "num_scales=1", "num_convs=1"]


@pytest.mark.slow
def test_two_processes_against_one(tmp_path, capsys):
    file = tmp_path / "scaling.json"
    small = ["--height", "16", "--width", "20", "--batch", "2", "--rounds", "1"]
    assert main(["scaling", *small, *OPTIONS, "--json", str(file)]) == 0
    assert "2 processes / 1 process" in capsys.readouterr().out
    assert set(json.loads(file.read_text())["contenders"]) == {"1 process", "2 processes"}


@pytest.mark.slow
def test_cost_is_measured_and_drawn(tmp_path, capsys):
    file, picture = tmp_path / "cost.json", tmp_path / "cost.svg"
    varied = ["--sides", "16", "--channels", "2", "--batches"]
    wanted = ["--height", "16", "--width", "16", "--rounds", "1", "--plot", str(picture)]
    assert main(["cost", *wanted, *OPTIONS, *varied, "--json", str(file)]) == 0
    found = json.loads(file.read_text())["contenders"]
    assert list(found) == [
        "inference, sides of square images: 16",
        "training, sides of square images: 16",
        "inference, channels of the network: 2",
        "training, channels of the network: 2",
    ]
    assert "channels of the network" in picture.read_text()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["cost", "--sides", "--channels", "--batches"], "nothing to vary"),
        (["cost", "--plot", "a.xyz"], ".svg"),
        (["scaling", "--processes", "1"], "at least 2"),
    ],
)
def test_mistakes_are_sentences(wrong, message, capsys):
    assert main([*wrong]) == 2
    assert message in capsys.readouterr().err
