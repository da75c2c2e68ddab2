"""Lists of names choose images, whatever the dataset is read from."""

import numpy as np
import pytest

from restorekit.datasets import (
    PairedDataset,
    SyntheticRainDataset,
    UnpairedDataset,
    open_pairs,
    write_lmdb,
)
from restorekit.engine.validate import check_config
from restorekit.errors import ConfigError, DataError


@pytest.fixture(params=["folder", "raw", "encoded"])
def root(request, paired_root):
    """The 12 pairs of paired_root, and their pixels."""
    folder, pixels = paired_root
    if request.param == "folder":
        return folder, pixels
    path = folder / f"{request.param}.lmdb"
    write_lmdb(open_pairs(folder, "train"), path, request.param)
    return path, pixels


def test_names_that_are_listed_are_kept_in_natural_order(root, tmp_path):
    source, pixels = root
    (tmp_path / "names.txt").write_text("# kept\n10\n\n2.png\n  7 \n")
    for names in (tmp_path / "names.txt", ["10", "2", "7.jpg"]):
        dataset = PairedDataset(source, "train", ann_file=names)
        assert dataset.names == ["2", "7", "10"]
        for index, name in enumerate(dataset.names):
            for image, expected in zip(dataset.reader.read(index), pixels[name], strict=True):
                np.testing.assert_array_equal(image, expected)


def test_names_that_are_excluded_are_left_out(root, tmp_path):
    source, pixels = root
    (tmp_path / "names.txt").write_text("1\n12\n")
    dataset = PairedDataset(source, "train", exclude=tmp_path / "names.txt")
    assert dataset.names == [name for name in pixels if name not in {"1", "12"}]
    both = PairedDataset(source, "train", ann_file=["1", "2", "3"], exclude=["2"])
    assert both.names == ["1", "3"]


def test_photographs_and_rendered_rain_have_the_lists_too(paired_root):
    root, _ = paired_root
    for kind in (UnpairedDataset, SyntheticRainDataset):
        assert kind(root / "train/gt", ann_file=["3", "5"]).names == ["3", "5"]
        assert len(kind(root / "train/gt", exclude=["3", "5"])) == 10


def test_a_listed_name_without_its_partner_is_missed(paired_root):
    root, _ = paired_root
    (root / "train/gt/5.png").unlink()
    assert PairedDataset(root, "train", ann_file=["4", "6"]).names == ["4", "6"]
    for wrong in ({"ann_file": ["4", "5"]}, {"exclude": ["5"]}, {"exclude": ["6"]}):
        with pytest.raises(DataError, match="5"):
            PairedDataset(root, "train", **wrong)


@pytest.mark.parametrize("key", ["ann_file", "exclude"])
def test_lists_that_cannot_be_honoured_are_refused(paired_root, tmp_path, key):
    root, pixels = paired_root
    with pytest.raises(DataError, match=f"{key}.*'13'.*Did you mean"):
        PairedDataset(root, "train", **{key: ["1", "13"]})
    with pytest.raises(DataError, match=f"{key}.*gone.txt"):
        PairedDataset(root, "train", **{key: tmp_path / "gone.txt"})
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    with pytest.raises(DataError, match=f"{key}.*binary"):
        PairedDataset(root, "train", **{key: tmp_path / "binary"})
    with pytest.raises(DataError, match="leave no image"):
        PairedDataset(root, "train", exclude=list(pixels))


@pytest.mark.parametrize("kind", ["PairedDataset", "SemiSupervisedDataset"])
def test_the_config_check_knows_every_option_of_a_source(kind):
    dataset = {"type": kind, "data_root": "x", "exclude": "names.txt", "lq_side": "left"}
    if kind == "SemiSupervisedDataset":
        dataset["unlabelled"] = {"type": "UnpairedDataset", "data_root": "y"}
    check_config({"train_dataloader": {"dataset": dataset}})
    with pytest.raises(ConfigError, match=r"exclud: .* Did you mean 'exclude'\?"):
        check_config({"train_dataloader": {"dataset": {**dataset, "exclud": "names.txt"}}})
