"""A deraining network from outside this repository: found, built, trained, in under 40 lines."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from forks import Fork
from safetensors.torch import load_file

from restorekit.cli import main
from restorekit.errors import ConfigError, UnknownNameError
from restorekit.plugins import load_plugin_file
from restorekit.registry import MODELS

ROOT = Path(__file__).resolve().parent.parent
TUTORIAL = ROOT / "docs" / "plugins.md"


def tutorial_files():
    """Return the files that the tutorial shows, by the name in the line above each."""
    files, name, lines = {}, None, []
    for line in TUTORIAL.read_text().splitlines():
        if line.startswith("```python title="):
            name, lines = line.split("=", 1)[1].strip('"'), []
        elif line.startswith("```") and name:
            files[name], name = "\n".join(lines) + "\n", None
        elif name:
            lines.append(line)
    return files


@pytest.fixture
def outside(tmp_path):
    """An installed package outside of this repository, and a folder to work in."""
    files = tutorial_files()
    site, work = tmp_path / "site", tmp_path / "work"
    (site / "rainnets").mkdir(parents=True)
    (site / "rainnets" / "__init__.py").write_text(files["rainnets/__init__.py"])
    info = site / "rainnets-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: rainnets\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[restorekit.plugins]\nrainnets = rainnets\n")
    work.mkdir()
    (work / "config.py").write_text(files["config.py"])
    return site, work


def run(arguments, work, site):
    command = [sys.executable, "-m", "restorekit.cli", *arguments]
    path = f"{site}:{ROOT}"
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        command, cwd=work, env=environment, capture_output=True, text=True, check=False
    )


def test_tutorial_network_is_short():
    code = tutorial_files()["rainnets/__init__.py"]
    assert "register_module" in code
    assert len(code.splitlines()) < 40


def test_network_of_an_installed_package_trains(outside, pair_folder):
    site, work = outside
    pair_folder(work / "data/mine/train", count=4, size=(40, 48))
    pair_folder(work / "data/mine/test", count=2, size=(40, 48))
    done = run(["train", "config.py"], work, site)
    assert done.returncode == 0, done.stderr
    assert (work / "work_dirs/config/iter_20.pth").is_file()
    listed = run(["list", "models"], work, site)
    assert "RainGate" in listed.stdout


def test_broken_installed_plugin_is_named_and_left_out(outside):
    site, work = outside
    (site / "rainnets" / "__init__.py").write_text("import nothing_like_this\n")
    done = run(["list", "models"], work, site)
    assert done.returncode == 0
    assert "DCSFN" in done.stdout
    assert "rainnets" in done.stderr
    assert "nothing_like_this" in done.stderr


def test_plugin_file_registers_once_and_errors_name_it(tmp_path):
    file = tmp_path / "mynet.py"
    file.write_text(
        "from torch import nn\nfrom restorekit.registry import MODELS\n"
        "@MODELS.register_module()\nclass FromAFile(nn.Identity): pass\n"
    )
    load_plugin_file(file)
    load_plugin_file(file)
    assert type(MODELS.build({"type": "FromAFile"})).__name__ == "FromAFile"
    with pytest.raises(ConfigError, match="no such file"):
        load_plugin_file(tmp_path / "none.py")
    file2 = tmp_path / "bad.py"
    file2.write_text("raise RuntimeError('boom')\n")
    with pytest.raises(ConfigError, match="RuntimeError: boom"):
        load_plugin_file(file2)


def test_unknown_name_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'DCSFN'"):
        MODELS.build({"type": "DCSFM"})


CONVERTER = """
from restorekit.checkpoints.converters import (
    ConvertedNetwork, Format, SourceWeights, register_format
)

def convert(content, source):
    weights = SourceWeights(content, source, "Tiny")
    config = {"type": "Tiny", "channels": weights.shape("a.weight")[0]}
    taken = {f"net.{key}": weights.take(key) for key in ("a.weight", "a.bias")}
    weights.require_empty()
    return ConvertedNetwork(config, taken, {}, "Tiny")

register_format("tiny", Format(convert))
"""
TINY = """
from restorekit.registry import MODELS
from torch import nn

@MODELS.register_module()
class Tiny(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.net = nn.ModuleDict({"a": nn.Conv2d(3, channels, 3, padding=1)})

    def forward(self, lq):
        return lq - self.net["a"](lq)
"""


def test_a_converter_from_outside_takes_one_file(tmp_path):
    (tmp_path / "tiny.py").write_text(TINY + CONVERTER)
    weights = {"a.weight": torch.rand(3, 3, 3, 3), "a.bias": torch.rand(3)}
    torch.save({"params": weights}, tmp_path / "released.pth")
    arguments = ["convert", "tiny", "released.pth", "tiny.safetensors", "--plugin", "tiny.py"]
    done = Fork(lambda: main(arguments), tmp_path).wait()
    assert done.returncode == 0, done.stderr
    written = load_file(tmp_path / "tiny.safetensors")
    assert torch.equal(written["net.a.weight"], weights["a.weight"])
    unknown = Fork(lambda: main(["convert", "tine", *arguments[2:]]), tmp_path).wait()
    assert unknown.returncode == 2
    assert "'tiny'" in unknown.stderr


def test_a_command_from_an_installed_package(outside):
    site, work = outside
    (site / "rainnets" / "hello.py").write_text(
        '"""Greet."""\n\n'
        "def add_arguments(parser):\n    parser.add_argument('name')\n\n"
        "def run(args):\n    print('hello', args.name)\n"
    )
    info = site / "rainnets-1.0.dist-info"
    (info / "entry_points.txt").write_text(
        "[restorekit.commands]\nhello = rainnets.hello\ntrain = rainnets.hello\n"
    )
    assert run(["hello", "rain"], work, site).stdout == "hello rain\n"
    overview = run(["--help"], work, site).stdout
    assert "hello" in overview
    assert overview.count("installed package") == 1
    assert "'hello'" in run(["helo"], work, site).stderr
