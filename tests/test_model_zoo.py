"""The catalog's methods agree with configs and code, and the files made from them are current."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import torch
import yaml
from mmengine.config import Config
from torch.overrides import TorchFunctionMode

from restorekit.catalog import all_methods, published_for, published_numbers
from restorekit.checkpoints.converters import FORMATS
from restorekit.engine.config import method_name
from restorekit.hub import published_models
from restorekit.inference.parts import TileMode
from restorekit.models.complexity import count_macs
from restorekit.registry import MODELS

ROOT = Path(__file__).resolve().parent.parent
#: Folders of configs that belong to no method.
NOT_OF_A_METHOD = {"all_in_one", "hub", "interop"}
METHODS = all_methods()
every_method = pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("model_zoo", ROOT / "tools" / "model_zoo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_files_are_not_stale(script):
    files = script.files_to_write()
    assert len(files) == 2 + 2 * len(METHODS)
    for path, content in files.items():
        assert path.read_text(encoding="utf-8") == content, "run tools/model_zoo.py"


@every_method
def test_a_card_has_all_published_numbers_in_its_table_and_nowhere_else(method):
    card = (ROOT / method.card).read_text(encoding="utf-8")
    blocks = re.findall(r"<!-- (\w+) by tools.*?-->(.*?)<!-- end -->", card, re.DOTALL)
    assert [name for name, _ in blocks] == ["picture", "configs", "published"]
    rest = re.sub(r"<!-- (\w+) by tools.*?<!-- end -->", "", card, flags=re.DOTALL)
    for number in published_for(method, published_numbers()):
        text = " / ".join(number.printed.values())
        assert text in blocks[2][1]
        assert text not in rest


@every_method
def test_a_card_shows_its_picture_or_says_how_to_draw_it(method, script):
    picture = ROOT / "docs" / "images" / "methods" / f"{method.id}.jpg"
    card = (ROOT / method.card).read_text(encoding="utf-8")
    block = re.search(r"<!-- picture by.*?<!-- end -->", card, re.DOTALL)[0]
    assert f"method_pictures.py {method.id} " in " ".join(block.split())
    assert (method.id in script.pictures()) == picture.is_file() == (picture.name in block)


def test_pictures_are_small_and_of_the_published_weights(script):
    published = published_models()
    for name, picture in script.pictures().items():
        assert (script.PICTURES.parent / f"{name}.jpg").stat().st_size < 60_000
        if model := picture.get("model"):
            assert published[model].sha256 == picture["sha256"], "run tools/method_pictures.py"
        else:
            assert METHODS[name].weights.trained_on


@every_method
def test_results_have_the_name_of_the_published_numbers(method):
    for config in filter(lambda config: config.published, method.configs):
        name = method_name(Config.fromfile(ROOT / config.path))
        assert name.lower() == config.published_as.lower(), config.path


@every_method
def test_configs_test_in_the_tiles_of_the_published_numbers(method):
    expected = method.test_mode and method.test_mode.as_dict()
    for config in method.configs:
        tile = (Config.fromfile(ROOT / config.path).test_cfg or {}).get("tile")
        assert (tile and TileMode(**tile).describe()) == expected


@every_method
def test_a_metafile_has_the_form_that_openmmlab_reads(method):
    path = ROOT / "configs" / method.id / "metafile.yml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    (collection,) = content["Collections"]
    assert {"Name", "Paper", "README", "Code"} <= set(collection)
    names = {config.name: config.path for config in method.configs}
    assert {model["Name"]: model["Config"] for model in content["Models"]} == names
    assert {model["In Collection"] for model in content["Models"]} == {collection["Name"]}


def test_the_model_index_lists_every_metafile():
    listed = yaml.safe_load((ROOT / "model-index.yml").read_text(encoding="utf-8"))["Import"]
    written = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("configs/*/metafile.yml")}
    assert set(listed) == written


def test_every_folder_of_configs_is_a_method():
    folders = {path.name for path in ROOT.glob("configs/[!_]*") if path.is_dir()}
    assert folders - NOT_OF_A_METHOD == set(METHODS)


@every_method
def test_every_config_has_an_entry(method):
    configs = {path.relative_to(ROOT).as_posix() for path in ROOT.glob(f"configs/{method.id}/*.py")}
    # A demo trains a toy; ablations and variants, in folders of their own, may have an entry.
    needed = {config for config in configs if not config.endswith("_demo.py")}
    assert needed <= {config.path for config in method.configs}
    assert all(Path(path).stem.startswith(method.id.replace("-", "_")) for path in needed)


def test_methods_of_the_dcsfn_paper_have_configs_for_its_datasets():
    names = {config.name for method in METHODS.values() for config in method.configs}
    for method in {number.method.lower() for number in published_numbers().table("dcsfn-1")}:
        assert {f"{method}_{data}" for data in ("rain200h", "rain200l", "rain1200")} <= names


@every_method
def test_what_a_method_names_is_there(method):
    assert method.converter in FORMATS
    paths = [method.card, method.code, *(config.path for config in method.configs)]
    assert all((ROOT / path).is_file() for path in paths)


@every_method
def test_configs_train_on_the_dataset_that_is_stated(method):
    for entry in method.configs:
        config = Config.fromfile(str(ROOT / entry.path))
        dataset = config.train_dataloader.dataset
        assert dataset.get("catalog") == entry.dataset, entry.path


@pytest.mark.slow
@every_method
def test_operations_are_those_of_the_configs_network(method):
    counted = {}
    for entry in method.configs:
        network = Config.fromfile(str(ROOT / entry.path)).model.network
        key = str(network)
        if key not in counted:
            counted[key] = count_macs(MODELS.build(network), 256, 256)
        assert entry.macs == counted[key]


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
