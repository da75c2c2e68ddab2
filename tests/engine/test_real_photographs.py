"""Table 2 of the DCSFN paper: any of its methods is tested on photographs without clean images."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from restorekit.checkpoints import save_network
from restorekit.engine.config import load_config
from restorekit.engine.test_sets import choose_test_sets, split_test_sets
from restorekit.engine.testing import run_test
from restorekit.io.images import write_image
from restorekit.registry import MODELS

CONFIGS = Path(__file__).parents[2] / "configs"
#: The methods, with sizes that are quick.
METHODS = {
    "ddn": {"num_blocks": 1},
    "rescan": {"channels": 4, "num_stages": 1},
    "nledn": {"channels": 6, "growth": 4, "num_layers": 1},
    "rehen": {"channels": 4, "num_stages": 1, "num_blocks": 1},
    "prenet": {"channels": 4, "num_stages": 1, "num_blocks": 1},
    "ssir": {"num_blocks": 1},
    "dcsfn": {"channels": 4, "num_units": 1, "num_convs": 1},
}


@pytest.mark.parametrize("name", METHODS)
def test_photographs_are_measured_by_niqe(name, tmp_path):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (8, 9, 3)).repeat(25, 0).repeat(25, 1)
    noisy = (image + rng.normal(0, 20, image.shape)).clip(0, 255).astype(np.uint8)
    write_image(tmp_path / "photographs/1.png", noisy)
    config = load_config(CONFIGS / f"{name}/{name}_rain200h.py")
    config.work_dir = str(tmp_path / "run")
    config.model.network.update(METHODS[name])
    choose_test_sets(config, [f"internet={tmp_path / 'photographs'}"])
    (config,) = split_test_sets(config).values()
    config.test_dataloader.num_workers = 0
    checkpoint = tmp_path / "network.safetensors"
    save_network(MODELS.build(config.model.network), config.model.network.to_dict(), checkpoint)
    results = run_test(config, str(checkpoint)).results
    assert results.dataset.num_images == 1
    assert {one.measure for one in results.measures.values()} == {"niqe"}
