"""Lists of names choose images, whatever the dataset is read from."""

import hashlib

import numpy as np
import pytest

from restorekit.datasets import (
    MixtureDataset,
    PairedDataset,
    SemiSupervisedDataset,
    Subset,
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


def test_lists_of_the_catalog_are_taken_by_name(tmp_path, save, image, monkeypatch):
    numbers = (1, 800, 801, 900, 901, 1000)
    for number in numbers:
        save(tmp_path / f"set/gt/{number}.png", image(number))
        for rain in (1, 14):
            save(tmp_path / f"set/lq/{number}_{rain}.png", image(number + rain))

    def clean(**lists):
        return sorted(
            {int(n.split("_")[0]) for n in PairedDataset(tmp_path / "set", **lists).names}
        )

    # PReNet tests on the images of clean images 901 to 1,000, MSPFN on those from 801 on.
    assert clean(ann_file="rain1400-test") == [901, 1000]
    assert clean(exclude="rain1400-test") == [1, 800, 801, 900]
    assert clean(ann_file="rain1400-mspfn-test") == [801, 900, 901, 1000]
    assert clean(exclude="rain1400-mspfn-test", ann_file=["1_1", "801_1"]) == [1]
    # MPRNet's copy has one image twice.
    save(tmp_path / "copy/926_10.png", image(1))
    save(tmp_path / "copy/926_10(1).png", image(1))
    assert UnpairedDataset(tmp_path / "copy", exclude="test2800-duplicate").names == ["926_10"]
    with pytest.raises(DataError, match="rain1400-test"):
        PairedDataset(tmp_path / "set", exclude="rain1400-tset")
    with pytest.raises(DataError, match=r"test2800-duplicate.*926_10"):
        PairedDataset(tmp_path / "set", exclude="test2800-duplicate")
    save(tmp_path / "other/a.png", image(1))
    with pytest.raises(DataError, match="rain1400-test"):
        UnpairedDataset(tmp_path / "other", exclude="rain1400-test")
    # Your own file comes first.
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rain1400-test").write_text("1_1\n")
    assert clean(ann_file="rain1400-test") == [1]


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


def parts(kind, *args, size=0.3, **options):
    """Return the names of the training and of the validation part."""
    subsets = [{"part": part, "size": size} for part in ("train", "val")]
    return [kind(*args, subset=subset, **options).names for subset in subsets]


def test_two_parts_are_the_split_and_the_same_however_it_is_stored(root):
    source, pixels = root
    train, val = parts(PairedDataset, source, "train")
    assert len(val) == 4
    assert sorted([*train, *val]) == sorted(pixels)
    # As drawn by hand: the lowest hashes of the names. Neither storage nor process matters.
    drawn = sorted(pixels, key=lambda n: hashlib.blake2b(f"0/{n}".encode(), digest_size=8).digest())
    assert set(val) == set(drawn[:4])
    dataset = PairedDataset(source, "train", subset=Subset("val", 0.3))
    np.testing.assert_array_equal(dataset.reader.read(0)[0], pixels[val[0]][0])


def test_the_part_depends_on_seed_and_size_and_on_no_list(paired_root):
    folder, pixels = paired_root
    train, val = parts(PairedDataset, folder, "train", size=3)
    other = PairedDataset(folder, "train", subset={"part": "val", "size": 3, "seed": 1})
    assert len(val) == len(other) == 3 != len(pixels)
    assert set(other.names) != set(val)
    kept = parts(PairedDataset, folder, "train", size=3, exclude=[train[0], val[0]])
    assert kept == [train[1:], val[1:]]
    # At least one image, however small the set is.
    assert len(parts(PairedDataset, folder, "train", size=0.01)[1]) == 1


def test_all_rain_on_one_photograph_is_in_one_part(tmp_path, save):
    for number in range(6):
        clean = np.full((16, 16, 3), 30 * number, np.uint8)
        save(tmp_path / f"train/gt/{number}.png", clean)
        for rain in range(3):
            save(tmp_path / f"train/lq/{number}_{rain}.png", clean + np.uint8(1 + rain))
    train, val = parts(PairedDataset, tmp_path, "train")
    assert len(val) == 6
    scenes = [{name.split("_")[0] for name in names} for names in (train, val)]
    assert not scenes[0] & scenes[1]
    write_lmdb(open_pairs(tmp_path, "train"), tmp_path / "raw.lmdb", "raw")
    assert parts(PairedDataset, tmp_path / "raw.lmdb") == [train, val]


def test_every_kind_of_dataset_has_both_parts(paired_root):
    folder, pixels = paired_root
    photographs = UnpairedDataset(folder / "train/gt")
    for kind, *args in (
        (UnpairedDataset, folder / "train/gt"),
        (SyntheticRainDataset, folder / "train/gt"),
        (SemiSupervisedDataset, folder, photographs, "train"),
    ):
        train, val = parts(kind, *args)
        assert sorted([*train, *val]) == sorted(pixels)
    pairs = {"type": "PairedDataset", "data_root": folder, "split": "train"}
    both = [MixtureDataset([{**pairs, "subset": {"part": part}}]) for part in ("train", "val")]
    assert [len(one) for one in both] == [11, 1]


def test_another_split_is_whole(paired_root):
    folder, pixels = paired_root
    (folder / "train").rename(folder / "val")
    assert len(PairedDataset(folder, "val", subset={"part": "val"})) == len(pixels)
    assert len(PairedDataset(folder, "val", subset={"part": "val", "of": "val"})) == 1


@pytest.mark.parametrize(
    ("subset", "said"),
    [
        ({"part": "vall"}, "Did you mean 'val'"),
        ({"size": 0.1}, "part="),
        ({"part": "val", "share": 0.1}, "'share'"),
        ({"part": "val", "size": 1.5}, r"1\.5"),
        ({"part": "val", "size": 0}, "subset.size=0"),
        ({"part": "val", "size": True}, "True"),
        ({"part": "val", "size": "0.1"}, "'0.1'"),
    ],
)
def test_a_subset_that_means_nothing_is_refused(paired_root, subset, said):
    with pytest.raises(ConfigError, match=said):
        PairedDataset(paired_root[0], "train", subset=subset)


def test_nothing_left_to_train_on_is_refused(paired_root):
    with pytest.raises(DataError, match=r"12 images .*subset.size=12"):
        PairedDataset(paired_root[0], "train", subset={"part": "train", "size": 12})


@pytest.mark.parametrize("kind", ["PairedDataset", "SemiSupervisedDataset"])
def test_the_config_check_knows_every_option_of_a_source(kind):
    dataset = {"type": kind, "data_root": "x", "exclude": "names.txt", "lq_side": "left"}
    if kind == "SemiSupervisedDataset":
        dataset["unlabelled"] = {"type": "UnpairedDataset", "data_root": "y"}
    check_config({"train_dataloader": {"dataset": dataset}})
    with pytest.raises(ConfigError, match=r"exclud: .* Did you mean 'exclude'\?"):
        check_config({"train_dataloader": {"dataset": {**dataset, "exclud": "names.txt"}}})
