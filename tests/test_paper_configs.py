"""The configs of the DCSFN paper's tables: each run is what its table says, under its own name."""

from pathlib import Path

import pytest
from mmengine.config import Config

from restorekit.catalog import all_methods, published_numbers
from restorekit.engine.config import method_name
from restorekit.leaderboard import build_results, rank_all
from restorekit.metrics.protocols import build_protocol

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "configs" / "dcsfn"

#: The rows of Tables 3 to 6 (section 4.5): the label, and what differs from the full model.
ABLATIONS = {
    "m1_no_skip": ("DCSFN (M1)", "skip", "none"),
    "m2_no_dense": ("DCSFN (M2)", "dense_connection", False),
    "m3_single": ("DCSFN (M3)", "num_subnetworks", 1),
    "no_inner_connection": ("DCSFN (no inner-scale connection)", "inner_connection", False),
    "k1": ("DCSFN (K=1)", "num_scales", 1),
    "k2": ("DCSFN (K=2)", "num_scales", 2),
    "k4": ("DCSFN (K=4)", "num_scales", 4),
    "rnn": ("DCSFN (RNN)", "recurrent_unit", "ConvRNN"),
    "lstm": ("DCSFN (LSTM)", "recurrent_unit", "ConvLSTM"),
}


#: The methods that Tables 1 and 2 compare with DCSFN.
COMPARED = ("ddn", "rescan", "nledn", "rehen", "prenet", "ssir")


def resolved(name, folder=CONFIGS):
    config = Config.fromfile(str(folder / name)).to_dict()
    return {key: value for key, value in config.items() if not key.startswith("_")}


def test_every_row_of_the_ablation_tables_has_a_config():
    assert {path.stem for path in CONFIGS.glob("ablations/*.py")} == set(ABLATIONS)
    rows = {one.method for n in (3, 4, 5, 6) for one in published_numbers().table(f"dcsfn-{n}")}
    assert rows == {"DCSFN", *(label for label, _, _ in ABLATIONS.values())}


@pytest.mark.parametrize("name", ABLATIONS)
def test_an_ablation_differs_from_the_full_model_in_one_argument_and_its_label(name):
    label, argument, value = ABLATIONS[name]
    full, ablation = resolved("dcsfn_rain200h.py"), resolved(f"ablations/{name}.py")
    assert method_name(Config(ablation)) == label
    assert full["model"]["network"].get(argument) != value
    assert ablation["model"]["network"].pop(argument) == value
    full["model"]["network"].pop(argument, None)
    del ablation["method"]
    assert ablation == full


@pytest.mark.parametrize(
    ("name", "network"),
    [
        ("dcsfn_literal", {"dense_fusion": "before", "skip": "after"}),
        ("dcsfn_released", {"channels": 20, "num_scales": 4}),
    ],
)
def test_a_variant_differs_from_the_papers_setting_in_what_it_says(name, network):
    full, variant = resolved("dcsfn_rain200h.py"), resolved(f"variants/{name}.py")
    assert variant.pop("method") not in {"DCSFN", *(label for label, _, _ in ABLATIONS.values())}
    if name == "dcsfn_released":
        pipeline = [{"type": "DCSFNAugment", "patch_size": 64}, {"type": "PackInputs"}]
        assert variant["train_dataloader"]["dataset"]["pipeline"] == pipeline
        variant["train_dataloader"] = full["train_dataloader"]
        del variant["train_pipeline"], full["train_pipeline"]
    full["model"]["network"].update(network)
    assert variant == full


def data_of(config):
    loaders = (config[f"{one}_dataloader"]["dataset"] for one in ("train", "val", "test"))
    return [(one["data_root"], one["catalog"]) for one in loaders]


@pytest.mark.parametrize("letter", ["h", "l"])
def test_the_papers_name_for_the_data_means_the_papers_version(letter):
    named, known = (resolved(f"dcsfn_rain{one}{letter}.py") for one in ("100", "200"))
    assert data_of(named) == 3 * [(f"data/rain200{letter}", f"rain200{letter}")]
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        assert f"_rain100{letter}_old.py" in named[loader]["dataset"].pop("hint")
    assert named == known
    old = resolved(f"dcsfn_rain100{letter}_old.py")
    assert data_of(old) == 3 * [(f"data/rain100{letter}", f"rain100{letter}-old")]
    assert old["model"] == known["model"]


@pytest.mark.parametrize("name", COMPARED)
@pytest.mark.parametrize("letter", ["h", "l"])
def test_a_compared_method_keeps_its_recipe_on_the_papers_data(name, letter):
    folder = ROOT / "configs" / name
    config = resolved(f"{name}_rain200{letter}.py", folder)
    own = resolved(f"{name}_rain100h.py", folder)
    assert data_of(config) == 3 * [(f"data/rain200{letter}", f"rain200{letter}")]
    if name == "prenet":  # 1,800 images instead of 1,254 make its 100 epochs longer.
        ratio = config["train_cfg"]["max_iters"] / own["train_cfg"]["max_iters"]
        assert ratio == pytest.approx(1800 / 1254, rel=1e-3)
        for one in (config, own):
            share = one["train_cfg"].pop("max_iters") / 100
            one["train_cfg"].pop("val_interval")
            one["default_hooks"]["checkpoint"].pop("interval")
            milestones = one["param_scheduler"]["milestones"]
            one["param_scheduler"]["milestones"] = [m / share for m in milestones]
    for loader in ("train_dataloader", "val_dataloader", "test_dataloader"):
        for one in (config, own):
            for key in ("data_root", "catalog"):
                del one[loader]["dataset"][key]
    del config["test_evaluator"], own["test_evaluator"]
    assert config == own


def test_every_method_on_the_papers_data_is_measured_under_its_protocol():
    datasets = {number.dataset for number in published_numbers().table("dcsfn-1")}
    for entry in (one for method in all_methods().values() for one in method.configs):
        if entry.dataset in datasets:
            protocols = Config.fromfile(str(ROOT / entry.path)).test_evaluator.protocols
            assert "rgb_float" in [build_protocol(one).name for one in protocols], entry.path


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("configs/*/*_rain100[hl]*.py")), ids=lambda path: path.stem
)
def test_a_config_says_which_version_of_rain100_it_means(path):
    text = path.read_text(encoding="utf-8").partition("_base_")[0]
    catalog = Config.fromfile(str(path)).train_dataloader.dataset.catalog
    assert ("old version" in text) == catalog.endswith("-old")
    assert catalog.endswith("-old") or f"calls {catalog}" in text.replace("\n# ", " ")


def test_a_leaderboard_ranks_the_ablations_together():
    dataset = {"name": "rain200h", "fingerprint": "f" * 64, "num_images": 2}
    results = {}
    for place, name in enumerate(ABLATIONS):
        method = method_name(Config.fromfile(str(CONFIGS / f"ablations/{name}.py")))
        values = {"rgb_float": {"psnr": dict.fromkeys("ab", 20.0 + place)}}
        results[name] = build_results(method, dataset, values)
    (ranking,) = rank_all(results)
    ranked = [entry.method for entry in ranking.entries]
    assert ranked == [label for label, _, _ in reversed(ABLATIONS.values())]
