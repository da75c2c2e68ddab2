"""docs/model_zoo.md is what the metafiles say, and they say what configs and code do."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config
from torch.overrides import TorchFunctionMode

from restorekit.benchmarks.references import REFERENCES, build_reference
from restorekit.checkpoints.converters import FORMATS
from restorekit.metrics.protocols import PROTOCOLS
from restorekit.models.complexity import count_macs
from restorekit.registry import MODELS

ROOT = Path(__file__).resolve().parent.parent
METAFILES = {
    path.parent.name: yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in sorted(ROOT.glob("configs/*/metafile.yml"))
}
METHODS = {path.name for path in ROOT.glob("configs/[!_]*") if path.is_dir()}
every_metafile = pytest.mark.parametrize("method", METAFILES)


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("model_zoo", ROOT / "tools" / "model_zoo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_not_stale(script):
    page = (ROOT / "docs" / "model_zoo.md").read_text(encoding="utf-8")
    assert page == script.model_zoo(ROOT / "configs"), "run tools/model_zoo.py"


def test_numbers_stay_as_they_were_published(script, tmp_path):
    shutil.copytree(ROOT / "configs" / "dcsfn", tmp_path / "dcsfn")
    metafile = tmp_path / "dcsfn" / "metafile.yml"
    assert "| 28.81 | 0.9040 |" in script.model_zoo(tmp_path)
    metafile.write_text(metafile.read_text().replace("0.9040", "0.90400"))
    assert "| 28.81 | 0.90400 |" in script.model_zoo(tmp_path)


def test_every_method_has_a_metafile():
    assert set(METAFILES) == METHODS


@every_metafile
def test_every_config_has_an_entry(method):
    entries = METAFILES[method]["Models"]
    configs = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(f"configs/{method}/*.py")}
    # A demo trains a toy; ablations and variants, in folders of their own, may have an entry.
    needed = {config for config in configs if not config.endswith("_demo.py")}
    assert needed <= {model["Config"] for model in entries}
    assert {f"{method}_{data}" for data in ("rain100h", "rain100l", "rain1200")} <= {
        model["Name"] for model in entries
    }


@every_metafile
def test_what_an_entry_names_is_there(method):
    (collection,) = METAFILES[method]["Collections"]
    assert collection["Converter"] in FORMATS
    assert all((ROOT / collection[key]).is_file() for key in ("README", "Code"))
    for model in METAFILES[method]["Models"]:
        assert model["In Collection"] == collection["Name"]
        assert Path(model["Config"]).stem == model["Name"]
        assert (ROOT / model["Config"]).is_file()
        published = model.get("Published", [])
        assert {number["Protocol"] for number in published} <= set(PROTOCOLS)
        needed = {"Dataset", "Version", "Protocol", "PSNR", "SSIM", "Source"}
        assert all(set(number) == needed for number in published)


@pytest.mark.slow
@every_metafile
def test_operations_are_those_of_the_configs_network(method):
    counted = {}
    for model in METAFILES[method]["Models"]:
        network = Config.fromfile(str(ROOT / model["Config"])).model.network
        key = str(network)
        if key not in counted:
            torch.manual_seed(0)
            plain = network.type in REFERENCES
            built = build_reference(network) if plain else MODELS.build(network)
            counted[key] = count_macs(built, 256, 256)
        assert model["MACs at 256x256"] == counted[key]


class CountedCalls(TorchFunctionMode):
    """Counts another way: the values of each result times what each of them is a sum of."""

    total = 0

    def __torch_function__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        if function in (torch.conv2d, torch.nn.functional.linear):
            self.total += result.numel() * args[1][0].numel()
        elif function in (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__):
            self.total += result.numel() * args[0].shape[-1]
        return result


@pytest.mark.parametrize("name", ["ddn", "nledn", "prenet", "rehen", "rescan"])
def test_operations_are_those_of_its_calls(name):
    network = Config.fromfile(str(ROOT / f"configs/{name}/{name}_rain100l.py")).model.network
    built = MODELS.build(network).eval()
    with torch.no_grad(), CountedCalls() as counted:
        built(torch.zeros(1, 3, 64, 96))
    assert count_macs(built, 64, 96) == counted.total
