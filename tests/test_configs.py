"""Every config can be read, names only what exists, and builds its model."""

from pathlib import Path

import pytest
from mmengine.config import Config

from restorekit.engine.validate import check_config
from restorekit.registry import MODELS

ROOT = Path(__file__).parent.parent / "configs"
CONFIGS = sorted(p for p in ROOT.rglob("*.py") if "_base_" not in p.parts)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_config(path):
    config = Config.fromfile(str(path))
    check_config(config)
    MODELS.build(config.model)
    for key in ("train_dataloader", "test_dataloader", "train_cfg", "optim_wrapper"):
        assert config.get(key) is not None, key
