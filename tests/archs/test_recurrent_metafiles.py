"""The metafiles of PReNet, RESCAN and REHEN say what their configs build."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

from restorekit.checkpoints.converters import FORMATS
from restorekit.metrics.protocols import PROTOCOLS
from restorekit.registry import MODELS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("method", ["prenet", "rescan", "rehen"])
def test_metafile_and_configs_agree(method):
    content = yaml.safe_load((ROOT / f"configs/{method}/metafile.yml").read_text(encoding="utf-8"))
    (collection,) = content["Collections"]
    assert collection["Converter"] in FORMATS
    assert all((ROOT / collection[key]).is_file() for key in ("README", "Code"))
    for model in content["Models"]:
        assert model["In Collection"] == collection["Name"]
        config = Config.fromfile(str(ROOT / model["Config"]))
        network = MODELS.build(config.model.network)
        assert sum(p.numel() for p in network.parameters()) == model["Parameters"]
        assert all(published["Protocol"] in PROTOCOLS for published in model["Published"])
    datasets = {f"{method}_{data}" for data in ("rain100h", "rain100l", "rain1200")}
    assert datasets <= {model["Name"] for model in content["Models"]}
