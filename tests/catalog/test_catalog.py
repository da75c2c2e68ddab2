"""Datasets of the catalog; errors in its files name the file and the key."""

import shutil
from pathlib import Path

import pytest
from mmengine.config import Config

from restorekit.catalog import all_datasets, all_test_sets, get_dataset, identify
from restorekit.catalog.files import FOLDER
from restorekit.errors import DataError, UnknownNameError
from restorekit.metrics.protocols import PROTOCOLS

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = ROOT / "configs/_base_/datasets"
#: Training and test pairs as the papers and their repositories state them.
COUNTS = {
    "rain100h-old": (1800, 100),
    "rain200h": (1800, 200),
    "rain100l-old": (200, 100),
    "rain200l": (1800, 200),
    "rain12": (None, 12),
    "rain800": (700, 100),
    "rain1200": (12000, 1200),
    "rain1400": (12600, 1400),
    "rain1400-mspfn": (11200, 2800),
    "rain1400-fu2017": (9100, 4900),
    "spa": (638492, 1000),
    "rain13k": (13711, None),
    "internet": (None, 147),
    "raindrop": (861, 58),
    "snow100k": (50000, 16801),
    "outdoor-rain": (9000, 750),
    "allweather": (18069, None),
    "reside-indoor": (13990, 500),
    "reside-outdoor": (None, 500),
    "sidd": (320, 1280),
    "gopro": (2103, 1111),
}


def test_all_datasets_with_their_published_counts():
    found = {
        name: tuple(
            dataset.splits[split].pairs if split in dataset.splits else None
            for split in ("train", "test")
        )
        for name, dataset in all_datasets().items()
    }
    assert found == COUNTS


@pytest.mark.parametrize("dataset", all_datasets().values(), ids=list(all_datasets()))
def test_what_a_file_says_fits_together(dataset):
    assert dataset.protocol in {"", *PROTOCOLS}
    assert all(address.startswith("http") for address in dataset.get)
    for distribution in dataset.distributions:
        assert set(distribution.splits) <= set(dataset.splits)
    for split in dataset.splits.values():
        if split.clean is not None:
            first, last = split.clean
            assert 14 * (last - first + 1) == split.pairs
    if "test" in dataset.splits and dataset.paired:
        assert dataset.train_on


def test_old_and_new_versions_do_not_share_a_folder():
    folders = [dataset.folder for dataset in all_datasets().values()]
    assert len(set(folders)) == len(folders)


def test_names_and_aliases():
    assert get_dataset("Rain200H").id == "rain200h"
    assert get_dataset("test2800").id == "rain1400-mspfn"
    assert get_dataset("RAIN1400_MSPFN").id == "rain1400-mspfn"
    with pytest.raises(UnknownNameError, match=r"rain100h-old \(1,800 train.* or rain200h"):
        get_dataset("Rain100H")
    with pytest.raises(UnknownNameError, match="Did you mean 'rain100l-old'"):
        get_dataset("rain100l-odl")


def test_a_fingerprint_names_data_and_version():
    known = get_dataset("rain100h-old").fingerprints[0]
    identity = identify(known.sha256)
    assert str(identity) == "rain100h test, version mspfn"
    assert identify("0" * 64) is None


def test_each_dataset_has_its_base_config():
    told = {}
    for file in sorted(CONFIGS.glob("*.py")):
        config = Config.fromfile(str(file))
        for loader in ("train_dataloader", "test_dataloader"):
            dataset = config[loader].dataset
            if "catalog" in dataset:
                known = get_dataset(dataset.catalog)
                assert dataset.data_root == f"data/{known.folder}", file.name
                assert dataset.split in known.splits, file.name
                told.setdefault(known.id, file.stem)
    assert set(told) == set(all_datasets())


def test_the_page_in_the_docs_agrees():
    page = (ROOT / "docs/datasets.md").read_text(encoding="utf-8")
    for dataset in all_datasets().values():
        row = next(line for line in page.splitlines() if line.startswith(f"| `{dataset.id}` |"))
        cells = [cell.strip() for cell in row.split("|")[2:4]]
        for split, cell in zip(("train", "test"), cells, strict=True):
            known = dataset.splits.get(split)
            assert cell.split(" ")[0] == (f"{known.pairs:,}" if known else "–"), dataset.id
        assert f"`{dataset.protocol}`" in row or not dataset.protocol


def test_results_carry_name_and_version_where_the_fingerprint_is_known():
    from restorekit.evaluation.results import DatasetRecord, dataset_record

    crops = get_dataset("rain100h-old").fingerprints[0].sha256
    assert dataset_record("r100h", crops, 100) == DatasetRecord("rain100h", crops, 100, "mspfn")
    whole = next(f for f in get_dataset("rain800").fingerprints if f.split == "test")
    assert dataset_record("x", whole.sha256, 100).version is None
    unknown = DatasetRecord("mine", "0" * 64, 3)
    assert dataset_record("mine", "0" * 64, 3) == unknown


FAULTS = {
    "a key that is misspelt": ("licence:", "lisence: x\nlicence:", ["lisence", "'licence'"]),
    "no paper": ("paper:", "# paper:", ["paper", "missing"]),
    "a count that is none": ("pairs: 1000", "pairs: many", ["splits.test.pairs", "'many'"]),
    "an unknown layout": ("[rain-gt]", "[rain-tg]", ["layouts", "'rain-tg'", "'rain-gt'"]),
    "a size that is none": (
        "pairs: 1000",
        "pairs: 1000\n    sizes: [512]",
        ["splits.test.sizes.0", "512"],
    ),
    "another name": ("name: spa\n", "name: spb\n", ["'spb'", "spb.yml"]),
    "an unknown set to train on": ("train_on: [spa]", "train_on: [spam]", ["'spam'", "'spa'"]),
    "no YAML": ("title:", "title: [\nx:", ["cannot be read"]),
    "an odd split": ("  test:\n    pairs", "  tests:\n    pairs", ["splits", "'tests'"]),
    "no source": ("sources:", "sources: []\nnotes:", ["sources"]),
    "a fingerprint of another count": (
        "sources:",
        f"fingerprints: [{{split: test, pairs: 7, sha256: {'a' * 64}, source: x}}]\nsources:",
        ["7 test pairs", "1000"],
    ),
}


@pytest.fixture
def folder(tmp_path):
    """A catalog with one dataset."""
    shutil.copy(FOLDER / "layouts.yml", tmp_path)
    (tmp_path / "datasets").mkdir()
    shutil.copy(FOLDER / "datasets" / "spa.yml", tmp_path / "datasets")
    return tmp_path


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_file_is_told_by_file_and_key(folder, name):
    old, new, words = FAULTS[name]
    file = folder / "datasets" / "spa.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        all_datasets(folder)
    assert all(word in str(caught.value) for word in [str(file), *words]), caught.value


def test_a_dataset_is_one_file(folder):
    text = (folder / "datasets" / "spa.yml").read_text(encoding="utf-8")
    mine = text.replace("name: spa\n", "name: mine\n").replace(
        "train_on: [spa]", "train_on: [mine]"
    )
    (folder / "datasets" / "mine.yml").write_text(mine, encoding="utf-8")
    mine = all_datasets(folder)["mine"]
    assert (mine.folder, mine.splits["test"].pairs) == ("mine", 1000)
    assert all_test_sets(folder)["mine"].images == 1000


@pytest.mark.parametrize(
    "layout",
    ["{lq: 'a-{id}', gt: b, about: x}", "{lq: a, about: x}", "{list: a, images: b, about: x}"],
)
def test_a_fault_in_the_layouts_is_told(folder, layout):
    (folder / "layouts.yml").write_text(f"odd: {layout}\n")
    with pytest.raises(DataError, match=r"layouts\.yml: odd: "):
        all_datasets(folder)
