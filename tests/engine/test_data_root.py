"""What --data-root points elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from restorekit.engine.config import load_config, set_data_root, skip_broken_data
from restorekit.errors import ConfigError

CONFIGS = Path(__file__).parents[2] / "configs"


def test_every_loader_reads_from_there_and_no_hint_is_left():
    config = load_config(CONFIGS / "ddn/ddn_rain100l.py")
    set_data_root(config, "elsewhere")
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        assert config[loader].dataset.data_root == "elsewhere"


def test_photographs_beside_the_pairs_stay_where_they_are():
    config = load_config(CONFIGS / "ssir/ssir_rain100l.py")
    set_data_root(config, "elsewhere")
    dataset = config.train_dataloader.dataset
    assert dataset.data_root == config.test_dataloader.dataset.data_root == "elsewhere"
    assert dataset.unlabelled.data_root == "data/real_rain"
    # What cannot be used is left out of both.
    skip_broken_data(config)
    assert dataset.skip_broken
    assert dataset.unlabelled.skip_broken


def test_pairs_of_two_places_cannot_be_one():
    config = load_config(CONFIGS / "ddn/ddn_rain100l.py")
    config.train_dataloader.dataset.data_root = "another"
    with pytest.raises(ConfigError, match="have 2"):
        set_data_root(config, "elsewhere")
