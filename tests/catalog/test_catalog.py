"""The catalog says what is published, and errors in its files are told by file and key."""

import shutil
from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

from restorekit.catalog import all_datasets, get_dataset, identify, lookup
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
        assert set(distribution.places) <= set(dataset.splits)
    for split in dataset.splits.values():
        if split.clean is not None:
            first, last = split.clean
            assert 14 * (last - first + 1) == split.pairs
    if "test" in dataset.splits and dataset.paired:
        assert dataset.train_on


def test_old_and_new_versions_do_not_share_a_folder():
    folders = [dataset.folder for dataset in all_datasets().values()]
    assert len(set(folders)) == len(folders)


def test_the_leaderboard_means_the_same_data_by_the_same_name():
    file = ROOT / "restorekit/leaderboard/references.yml"
    published = yaml.safe_load(file.read_text(encoding="utf-8"))["datasets"]
    known = {
        "-".join(filter(None, [dataset.name, version.version])): version.pairs
        for dataset in all_datasets().values()
        for split in dataset.splits.values()
        if split.name == "test"
        for version in split.versions
    }
    shared = {name for name, one in published.items() if "images" in one and name in known}
    assert {"rain100h-old", "rain100l-mspfn", "rain200h", "rain800-mspfn", "spa"} <= shared
    for name in shared:
        assert published[name]["images"] == known[name], name


def test_names_and_aliases():
    assert get_dataset("Rain200H").id == "rain200h"
    assert get_dataset("test2800").id == "rain1400-mspfn"
    assert get_dataset("RAIN1400_MSPFN").id == "rain1400-mspfn"
    with pytest.raises(UnknownNameError, match=r"say rain100h-old \(1,800 train.* or rain200h"):
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
    "a key that is misspelt": (
        ("licence:", "lisence: x\nlicence:"),
        "lisence is not a key.*licence",
    ),
    "no paper": (("paper:", "# paper:"), "paper must be a text"),
    "a count that is none": (
        ("pairs: 1000", "pairs: many"),
        r"splits\.test\.pairs must be a number",
    ),
    "an unknown layout": (("layout: rain-gt", "layout: rain-tg"), "'rain-tg'.*mean 'rain-gt'"),
    "a size that is none": (
        ("pairs: 1000", "pairs: 1000\n    sizes: [512]"),
        r"splits\.test\.sizes",
    ),
    "another name": (("name: spa\n", "name: spb\n"), "'spb', and so must its file be called"),
    "an unknown set to train on": (("train_on: [spa]", "train_on: [spam]"), "'spam'.*'spa'"),
    "no YAML": (("title:", "title: [\nx:"), "cannot be read"),
    "an odd split": (("  test:\n    pairs", "  tests:\n    pairs"), "splits.tests is no split"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_a_file_is_told_by_file_and_key(tmp_path, name):
    (old, new), message = FAULTS[name]
    for file in ("layouts.yml", "spa.yml"):
        shutil.copy(lookup.FOLDER / file, tmp_path)
    text = (tmp_path / "spa.yml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "spa.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=message) as caught:
        all_datasets(tmp_path)
    assert str(tmp_path / "spa.yml") in str(caught.value)


def test_a_fault_in_the_layouts_is_told(tmp_path):
    shutil.copy(lookup.FOLDER / "spa.yml", tmp_path)
    (tmp_path / "layouts.yml").write_text("odd: {lq: 'a-{id}', gt: b, about: x}\n")
    with pytest.raises(DataError, match=r"layouts\.yml: odd\.gt must have {id}"):
        all_datasets(tmp_path)
