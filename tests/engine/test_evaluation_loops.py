"""Tests and validations in tiles and with a self-ensemble, by command line and by config."""

import json
from pathlib import Path

import numpy as np
import pytest

from restorekit.archs import PReNet
from restorekit.checkpoints import save_network
from restorekit.checkpoints.io import load_file
from restorekit.cli import main
from restorekit.engine.runner import Runner
from restorekit.errors import ConfigError
from restorekit.inference import PyTorchBackend, Restorer
from restorekit.io.images import read_image

NETWORK = {"type": "PReNet", "channels": 4, "num_stages": 1, "num_blocks": 1}


@pytest.fixture
def tested(small_config, tmp_path):
    """Return a function that tests, and returns the settings of the results and the images."""
    network = PReNet(channels=4, num_stages=1, num_blocks=1).eval()
    save_network(network, NETWORK, tmp_path / "net.safetensors")
    config = small_config("work")
    config.model.network = NETWORK

    def test(*arguments, **test_cfg):
        config.test_cfg = test_cfg
        config.dump(str(tmp_path / "config.py"))
        out, saved = tmp_path / "out" / "results.json", tmp_path / "saved"
        paths = [str(tmp_path / name) for name in ("config.py", "net.safetensors")]
        options = ["--out", str(out), "--save-dir", str(saved), "--work-dir", str(tmp_path / "w")]
        assert main(["test", *paths, *options, *arguments]) == 0
        images = {name: read_image(saved / f"{name}.png") for name in ("000", "001", "002")}
        return json.loads(out.read_text())["settings"], images

    test.network = network
    test.folder = tmp_path / "data/test/lq"
    return test


def test_the_command_restores_in_tiles_and_records_them(tested):
    settings, images = tested("--tile", "32")
    assert settings["tile"] == {"size": [32, 32], "context": 5, "merge": "exact"}
    assert settings["ensemble"] is False
    whole, same = tested()
    assert whole["tile"] is None
    assert all(np.array_equal(images[name], same[name]) for name in same)


def test_the_ensemble_is_recorded_and_that_of_the_restorer(tested):
    settings, images = tested("--ensemble")
    assert (settings["tile"], settings["ensemble"]) == (None, True)
    restorer = Restorer(PyTorchBackend(tested.network), ensemble=True)
    for name, image in images.items():
        expected = restorer(read_image(tested.folder / f"{name}.png"))
        assert np.abs(expected.astype(int) - image).max() <= 1
    _, plain = tested()
    assert any(not np.array_equal(images[name], plain[name]) for name in plain)


def test_a_config_names_the_tiles_of_a_published_test(tested):
    settings, images = tested(tile={"size": 32, "stride": 16, "merge": "mean"}, ensemble=True)
    assert settings["tile"] == {"size": 32, "stride": 16, "merge": "mean"}
    assert settings["ensemble"] is True
    _, overridden = tested("--tile", "off", tile={"size": 32, "merge": "paste"})
    _, whole = tested()
    assert all(np.array_equal(overridden[name], whole[name]) for name in whole)
    assert any(not np.array_equal(images[name], whole[name]) for name in whole)


def test_what_cannot_be_used_is_refused(small_config, capsys, tmp_path):
    config = small_config("work")
    config.test_cfg = {"tile": {"size": 32, "merge": "past"}}
    with pytest.raises(ConfigError, match="paste"):
        _ = Runner.from_cfg(config).test_loop
    config.test_cfg = {}
    config.dump(str(tmp_path / "c.py"))
    save_network(PReNet(channels=4, num_stages=1, num_blocks=1), NETWORK, tmp_path / "n.pth")
    assert main(["test", str(tmp_path / "c.py"), str(tmp_path / "n.pth"), "--tile", "huge"]) == 2
    assert "--tile is 'huge'" in capsys.readouterr().err


def test_a_training_validates_in_tiles(small_config):
    config = small_config("work", length=2)
    values = []
    for options in ({}, {"tile": 32}):
        config.val_cfg = options
        runner = Runner.from_cfg(config)
        runner.load_or_resume()
        values.append(runner.val())
    assert values[0] == pytest.approx(values[1], rel=1e-5)


def test_several_validation_sets_in_tiles_are_recorded(small_config, tmp_path):
    """Tiles with the context of PReNet change nothing, an ensemble does."""
    values, kept = [], []
    for options in ({}, {"tile": 32}, {"ensemble": True}):
        config = small_config(str(tmp_path / f"work{len(values)}"), length=2)
        config.model.network = NETWORK
        loader = config.val_dataloader
        config.val_dataloader = {"one": loader, "two": loader}
        config.val_cfg = {"type": "MultiValLoop", **options}
        runner = Runner.from_cfg(config)
        runner.train()
        values.append(runner.val())
        (checkpoint,) = Path(runner.work_dir).glob("iter_2.pth")
        kept.append(load_file(checkpoint)["meta"].get("validation_settings"))
    assert {key.partition("/")[0] for key in values[0]} == {"one", "two"}
    assert values[0] == pytest.approx(values[1], rel=1e-4)
    assert values[0] != pytest.approx(values[2], rel=1e-4)
    tile = {"size": [32, 32], "context": 5, "merge": "exact"}
    assert kept == [None, {"tile": tile, "ensemble": False}, {"tile": None, "ensemble": True}]


def test_tiles_that_several_validation_sets_cannot_take(small_config):
    config = small_config("work")
    config.val_dataloader = {"one": config.val_dataloader}
    config.val_cfg = {"type": "MultiValLoop", "tile": "huge"}
    with pytest.raises(ConfigError, match=r"val_cfg\.tile"):
        _ = Runner.from_cfg(config).val_loop
