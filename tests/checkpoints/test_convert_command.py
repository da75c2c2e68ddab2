from __future__ import annotations

import json

import pytest
import torch
from released_dcsfn import Released
from safetensors import safe_open

from restorekit.cli import main
from restorekit.io.files import sha256


@pytest.fixture
def released(tmp_path):
    path = tmp_path / "latest_net"
    torch.save({"net": Released().state_dict(), "clock_net": 7, "opt_net": {}}, path)
    return path


def test_says_what_it_found_and_records_the_origin(tmp_path, released, capsys):
    target = tmp_path / "dcsfn.safetensors"
    assert main(["convert", "dcsfn", str(released), str(target)]) == 0
    out = capsys.readouterr().out
    for part in ("DCSFN", "ConvGRU", "4 scales", "2 units", "4 channels", "RGB", str(target)):
        assert part in out
    with safe_open(target, "pt") as file:
        facts = json.loads(file.metadata()["restorekit"])
    assert facts["converted_from"] == {
        "format": "dcsfn",
        "file": "latest_net",
        "sha256": sha256(released),
        "iteration": 7,
        "unused_parameters_dropped": 2 * (2 * 4 * 4 + 4) + 2 * 4 * (4 * 4 * 9 + 4),
    }


def test_replaces_an_older_result_but_never_its_source(tmp_path, released, capsys):
    target = tmp_path / "dcsfn.pth"
    target.write_text("older")
    assert main(["convert", "dcsfn", str(released), str(target)]) == 0
    assert target.read_bytes() != b"older"
    source = tmp_path / "in.pth"
    released.rename(source)
    before = source.read_bytes()
    assert main(["convert", "dcsfn", str(source), str(tmp_path / "." / "in.pth")]) == 2
    assert "give another name" in capsys.readouterr().err
    assert source.read_bytes() == before


@pytest.mark.parametrize(
    ("format_name", "target", "message"),
    [
        ("dcsfm", "out.pth", "'dcsfm' is not a checkpoint format. Did you mean 'dcsfn'?"),
        ("dcsfn", "out.onnx", "'.onnx'"),
        ("dcsfn", "out", ".safetensors or .pth"),
    ],
)
def test_wrong_calls_take_one_sentence(tmp_path, released, capsys, format_name, target, message):
    assert main(["convert", format_name, str(released), str(tmp_path / target)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert [p.name for p in tmp_path.iterdir()] == ["latest_net"]


def test_a_missing_source_takes_one_sentence(tmp_path, capsys):
    assert main(["convert", "dcsfn", str(tmp_path / "none"), str(tmp_path / "out.pth")]) == 2
    assert "There is no checkpoint" in capsys.readouterr().err
