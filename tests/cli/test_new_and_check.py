"""Packages that `new` writes, and what `check` finds in plugins."""

import importlib.util
import os
import subprocess
import sys

import pytest
import torch

from restorekit.archs import NAFNet
from restorekit.checkpoints import converters
from restorekit.cli import main
from restorekit.registry import MEASURES, MODELS, TRANSFORMS
from restorekit.scaffold import KINDS

FAULTY = """
import numpy as np
import torch
from restorekit.metrics.measures import Measure
from restorekit.registry import MEASURES, MODELS, TRANSFORMS
from torch import nn


@MODELS.register_module()
class FaultyNet{0}(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.unused = nn.Conv2d(channels, 3, 1)

    def forward(self, lq):
        return self.conv(lq)


@MODELS.register_module()
class FaultyLoss{0}(nn.Module):
    def forward(self, pred, gt):
        return -(pred - gt).abs().mean()


@MEASURES.register_module()
class FaultyMeasure{0}(Measure):
    name, label = "faulty_{0}", "faulty"

    def __call__(self, pred, gt=None):
        return float(np.abs(pred.astype(float) - gt).mean())


@TRANSFORMS.register_module()
class FaultyFlip{0}:
    def __call__(self, results):
        if np.random.random() < 0.5:
            results["lq"] = results["lq"][:, ::-1]
        return results
"""


@pytest.fixture(autouse=True)
def _no_parts_left_behind(monkeypatch):
    """Take out of the registries what a test puts in: other tests look at all that is there."""
    for registry in (MEASURES, MODELS, TRANSFORMS):
        registry.import_from_location()
        monkeypatch.setattr(registry, "_module_dict", dict(registry.module_dict))


@pytest.fixture
def faulty(tmp_path, request):
    path = tmp_path / "faulty.py"
    path.write_text(FAULTY.replace("{0}", str(abs(hash(request.node.name)))))
    return path


@pytest.mark.slow
def test_every_package_passes_its_own_test(tmp_path):
    names = {kind: f"Some{kind.title()}" for kind in KINDS}
    for kind, name in names.items():
        assert main(["new", kind, name, "--dir", str(tmp_path)]) == 0
    folders = sorted(tmp_path.iterdir())
    assert [folder.name for folder in folders] == sorted(f"some_{kind}" for kind in KINDS)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(str(folder / "tests") for folder in folders)],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, folders), *sys.path])},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout
    # One for each part, two in the block's package, the configs, and two more of the study.
    configs = sum(kind.has_config for kind in KINDS.values())
    assert f"{len(KINDS) + 1 + configs + 2} passed" in done.stdout


@pytest.mark.parametrize("name", ["9lives", "class", "a b", "../x"])
def test_a_name_that_is_none_is_refused(name, tmp_path, capsys):
    assert main(["new", "network", name, "--dir", str(tmp_path)]) == 2
    assert repr(name) in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_over(tmp_path, capsys):
    (tmp_path / "rain_gate").mkdir()
    assert main(["new", "loss", "RainGate", "--dir", str(tmp_path)]) == 2
    assert "rain_gate" in capsys.readouterr().err


def test_check_names_each_fault(faulty, capsys):
    assert main(["check", str(faulty)]) == 2
    out = capsys.readouterr().out
    lines = {line.split()[0]: line for line in out.splitlines() if "yes" not in line.split()}
    text = "\n".join(lines.values())
    assert "channels" in text
    assert "higher_is_better" in text
    assert 'results["rng"]' in text
    assert "for the ground truth" in text


def test_check_takes_arguments_for_the_parts(faulty, capsys):
    network = next(word for word in faulty.read_text().split() if word.startswith("FaultyNet"))
    network = network.partition("(")[0]
    assert main(["check", str(faulty), "--set", f"{network}.channels=4"]) == 2
    captured = capsys.readouterr()
    assert "unused.weight" in captured.out
    assert "takes images of any size" in captured.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["no_such_module_anywhere"], "no_such_module_anywhere"),
        (["nothing.py"], "nothing.py"),
        (["faulty.py", "--set", "FaultyNot.channels=4"], "FaultyNot"),
    ],
)
def test_a_wrong_call_is_one_sentence(arguments, said, faulty, monkeypatch, capsys):
    monkeypatch.chdir(faulty.parent)
    assert main(["check", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_a_file_that_registers_nothing(tmp_path, capsys):
    (tmp_path / "empty.py").write_text("x = 1\n")
    assert main(["check", str(tmp_path / "empty.py")]) == 2
    assert "register" in capsys.readouterr().err


def test_the_new_converter_converts(tmp_path, monkeypatch):
    monkeypatch.setattr(converters, "FORMATS", dict(converters.FORMATS))
    assert main(["new", "converter", "rain_weights", "--dir", str(tmp_path)]) == 0
    code = tmp_path / "rain_weights" / "rain_weights" / "__init__.py"
    spec = importlib.util.spec_from_file_location("rain_weights", code)
    spec.loader.exec_module(importlib.util.module_from_spec(spec))
    network = NAFNet(channels=4, encoder_blocks=[], middle_blocks=0, decoder_blocks=[])
    released = {"head": "intro", "tail": "ending"}
    torch.save(
        {
            f"released.{released[layer]}.{part}": tensor
            for layer, part, tensor in (
                (*key.split("."), tensor) for key, tensor in network.state_dict().items()
            )
        },
        tmp_path / "released.pth",
    )
    converted = converters.convert_checkpoint(
        "rain_weights", tmp_path / "released.pth", tmp_path / "network.safetensors"
    )
    assert converted.config["channels"] == 4
    torch.testing.assert_close(converted.weights, dict(network.state_dict()))
