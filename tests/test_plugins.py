"""A deraining network from outside this repository: found, built, trained, in under 40 lines."""

import subprocess
import sys
from pathlib import Path

import pytest

from restorekit.errors import ConfigError, UnknownNameError
from restorekit.plugins import load_plugin_file
from restorekit.registry import MODELS

TUTORIAL = Path(__file__).parent.parent / "docs" / "plugins.md"


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
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"}
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
