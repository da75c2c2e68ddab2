"""Every config can be read, names only what exists, builds its model, and states its sets."""

from pathlib import Path

import pytest
from mmengine.config import Config

from restorekit.catalog import all_datasets, all_methods, published_beside, published_numbers
from restorekit.engine.config import load_config, validate_on_test
from restorekit.engine.validate import check_config
from restorekit.errors import ConfigError
from restorekit.metrics.protocols import build_protocol
from restorekit.registry import MODELS

ROOT = Path(__file__).parent.parent / "configs"
CONFIGS = sorted(p for p in ROOT.rglob("*.py") if "_base_" not in p.parts)
DATASETS = sorted((ROOT / "_base_/datasets").glob("*.py"))


def name(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_config(path):
    config = Config.fromfile(str(path))
    check_config(config)
    MODELS.build(config.model)
    for key in ("train_dataloader", "test_dataloader", "train_cfg", "optim_wrapper"):
        assert config.get(key) is not None, key


def places(dataset):
    parts = dataset.get("datasets", [dataset])
    return [(part.get("data_root"), part.get("split")) for part in parts]


@pytest.mark.parametrize("path", [*CONFIGS, *DATASETS], ids=name)
def test_validation_is_neither_test_nor_training(path):
    config = Config.fromfile(str(path))
    train, val, test = (
        config[f"{one}_dataloader"].dataset.to_dict() for one in ("train", "val", "test")
    )
    assert places(val) != places(test)
    if places(val) == places(train):
        drawn = [{"size": 0.05, "seed": 0, **one["subset"]} for one in (train, val)]
        assert [one.pop("part") for one in drawn] == ["train", "val"]
        assert drawn[0] == drawn[1]


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_the_best_checkpoint_is_kept(path):
    assert Config.fromfile(str(path)).default_hooks.checkpoint.save_best == "auto"


@pytest.mark.parametrize("path", CONFIGS, ids=name)
def test_the_way_of_papers_trains_on_all_and_validates_on_the_test_set(path):
    config = load_config(path)
    validate_on_test(config)
    assert config.val_dataloader == config.test_dataloader
    assert not config.train_dataloader.dataset.get("subset")
    several = "dataset" not in config.test_dataloader
    assert config.val_cfg == ({"type": "MultiValLoop"} if several else {})


def test_the_way_of_papers_needs_a_test_set_and_a_number_to_select_by():
    config = load_config(ROOT / "restormer/restormer_rain13k.py")
    config.default_hooks.checkpoint.save_best = "psnr/rgb_u8"
    with pytest.raises(ConfigError, match="save_best"):
        validate_on_test(config)
    config.test_dataloader = None
    with pytest.raises(ConfigError, match="test_dataloader"):
        validate_on_test(config)


def protocols_of(config):
    return [build_protocol(one).name for one in config.test_evaluator.protocols]


@pytest.mark.parametrize("path", DATASETS, ids=name)
def test_a_dataset_is_measured_as_the_catalog_says(path):
    config = Config.fromfile(str(path))
    known = all_datasets().get(config.test_dataloader.dataset.get("catalog"))
    if known is not None and known.protocol:
        assert protocols_of(config)[0] == known.protocol


@pytest.mark.parametrize("method", all_methods().values(), ids=lambda method: method.id)
def test_a_method_is_measured_as_its_dataset_and_as_it_was_published(method):
    for one in method.configs:
        config = Config.fromfile(str(ROOT.parent / one.path))
        protocols = protocols_of(config)
        assert len(set(protocols)) == len(protocols)
        published = {number.protocol for number in published_beside(one, published_numbers())}
        wanted = {all_datasets()[one.dataset].protocol, *published} - {None, ""}
        assert wanted <= set(protocols), one.path


@pytest.mark.parametrize("name", ["basicsr_swinir", "spandrel_kbnet"])
def test_networks_of_other_toolboxes_train_on_the_patches_of_their_papers(name):
    loader = load_config(ROOT / f"interop/{name}_rain200l.py").train_dataloader
    crop = loader.dataset.pipeline[0]
    assert (crop.type, crop.patch_size) == ("PairedRandomCrop", 128)
    assert loader.total_batch_size == {"basicsr_swinir": 8, "spandrel_kbnet": 64}[name]
    assert loader.sampler.infinite
