"""Large sets: images are looked at once, and not at all by the next start."""

import os
import threading
import time

import numpy as np
import pytest

from restorekit.datasets import PairedDataset, UnpairedDataset, checked, open_pairs, write_lmdb
from restorekit.datasets import checks as checks_module
from restorekit.datasets.lmdb.reader import LmdbPairs
from restorekit.datasets.readers import known_sizes, sources
from restorekit.errors import DataError

CROP = [{"type": "PairedRandomCrop", "patch_size": 16}]


@pytest.fixture
def looked_at(monkeypatch, tmp_path):
    """The files whose headers were read; a small folder counts as large."""
    files = []
    inspect = sources.inspect_image

    def counting(path):
        files.append(os.path.basename(os.path.dirname(path)) + "/" + os.path.basename(path))
        return inspect(path)

    monkeypatch.setattr(sources, "inspect_image", counting)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(known_sizes, "FEWEST_FILES", 1)
    return files


def remembered(folder):
    return sorted(folder.rglob(".restorekit-sizes-*.npz"))


def test_the_second_start_reads_no_header(paired_root, looked_at):
    root, pixels = paired_root
    first = PairedDataset(root, "train", CROP)
    assert len(looked_at) == len(set(looked_at)) == 24
    assert [file.parent.name for file in remembered(root)] == ["gt", "lq"]
    looked_at.clear()
    second = PairedDataset(root, "train", CROP)
    assert looked_at == []
    sizes = [second.reader.size(index) for index in range(12)]
    assert sizes == [pixels[name][0].shape[:2] for name in second.names]
    assert second.names == first.names
    # What is remembered is no reason to take a smaller image.
    with pytest.raises(DataError, match="No image can be used"):
        PairedDataset(root, "train", [{"type": "PairedRandomCrop", "patch_size": 32}])
    assert looked_at == []


def test_a_change_of_any_file_is_noticed(paired_root, looked_at):
    root, _ = paired_root
    PairedDataset(root, "train", CROP)
    path = root / "train/lq/5.png"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"5\.png is truncated"):
        PairedDataset(root, "train", CROP)
    # What cannot be used is looked at again at each start.
    looked_at.clear()
    assert len(PairedDataset(root, "train", CROP, skip_broken=True)) == 11
    assert looked_at in ([], ["lq/5.png"])
    # Only the time has changed.
    os.utime(root / "train/gt/7.png", ns=(1, 1))
    looked_at.clear()
    with pytest.raises(DataError, match=r"5\.png"):
        PairedDataset(root, "train", CROP)
    assert "gt/7.png" in looked_at


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 nothing", None])
def test_a_damaged_memory_is_forgotten(paired_root, looked_at, damage):
    root, _ = paired_root
    PairedDataset(root, "train", CROP)
    for file in remembered(root):
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] if damage is None else damage)
    looked_at.clear()
    assert len(PairedDataset(root, "train", CROP)) == 12
    assert len(looked_at) == 24


def test_a_memory_of_other_images_is_not_believed(paired_root, looked_at):
    root, _ = paired_root
    PairedDataset(root, "train", CROP)
    for file in remembered(root):
        with np.load(file) as content:
            digest, sizes = content["digest"], content["sizes"]
        np.savez(file, digest=digest, sizes=sizes[:-1])
    looked_at.clear()
    PairedDataset(root, "train", CROP)
    assert len(looked_at) == 24


def test_a_shared_clean_image_is_looked_at_once(tmp_path, save, image, looked_at):
    save(tmp_path / "gt/901.png", image(1))
    for number in range(6):
        save(tmp_path / f"lq/901_{number}.png", image(2 + number))
    assert len(PairedDataset(tmp_path)) == 6
    assert sorted(looked_at) == ["gt/901.png", *(f"lq/901_{n}.png" for n in range(6))]


def test_sizes_of_a_folder_that_cannot_be_written_are_kept_in_the_users_cache(
    paired_root, looked_at, monkeypatch, tmp_path
):
    root, _ = paired_root
    monkeypatch.setattr(os, "access", lambda *_: False)
    PairedDataset(root, "train", CROP)
    assert remembered(root) == []
    assert len(list((tmp_path / "cache/restorekit").rglob("*.npz"))) == 2
    looked_at.clear()
    assert len(PairedDataset(root, "train", CROP)) == 12
    assert looked_at == []
    # A folder with the same names elsewhere has its own; a changed file is noticed here, too.
    os.utime(root / "train/gt/7.png", ns=(1, 1))
    PairedDataset(root, "train", CROP)
    assert "gt/7.png" in looked_at
    (root / "train").rename(root / "moved")
    looked_at.clear()
    PairedDataset(root / "moved", pipeline=CROP)
    assert len(looked_at) == 24


def test_no_cache_at_all_is_no_fault(paired_root, looked_at, monkeypatch, tmp_path):
    root, _ = paired_root
    (tmp_path / "cache").write_text("a file in the way")
    monkeypatch.setattr(os, "access", lambda *_: False)
    for _ in range(2):
        assert len(PairedDataset(root, "train", CROP)) == 12
    assert len(looked_at) == 48


def test_nothing_is_written_into_small_folders(paired_root, looked_at, monkeypatch, tmp_path):
    root, _ = paired_root
    monkeypatch.setattr(known_sizes, "FEWEST_FILES", 13)
    PairedDataset(root, "train", CROP)
    assert remembered(root) == []
    assert not (tmp_path / "cache").exists()


def test_two_starts_at_once_look_once(paired_root, looked_at):
    root, _ = paired_root
    folder = root / "train/lq"
    reader = open_pairs(root, "train")
    second = threading.Thread(target=lambda: checked(open_pairs(root, "train")))
    with known_sizes._turn(folder):
        second.start()
        time.sleep(0.3)
        # It waits, and finds what the first one remembered.
        assert second.is_alive()
        assert looked_at == []
        for source in reader.sources():
            for index in range(12):
                source.size(index)
            known_sizes._save(source, known_sizes._digest(source))
        looked_at.clear()
    second.join(30)
    assert not second.is_alive()
    assert looked_at == []


def test_an_lmdb_is_not_looped_over(paired_root, monkeypatch):
    root, _ = paired_root
    write_lmdb(open_pairs(root, "train"), root / "train.lmdb")

    def never(*_):
        raise AssertionError

    monkeypatch.setattr(LmdbPairs, "size", never)
    assert len(PairedDataset(root / "train.lmdb", pipeline=CROP)) == 12
    with pytest.raises(DataError, match=r"train\.lmdb\[1\] is 30×24 pixels"):
        PairedDataset(
            root / "train.lmdb", pipeline=[{"type": "PairedRandomCrop", "patch_size": 25}]
        )


def test_threads_on_a_slow_disk_find_the_same(paired_root, monkeypatch):
    root, _ = paired_root
    for number in (3, 9):
        path = root / f"train/lq/{number}.png"
        path.write_bytes(path.read_bytes()[:-40])
    messages = []
    for slow in (False, True):
        monkeypatch.setattr(checks_module, "_FIRST_FEW", 2)
        monkeypatch.setattr(checks_module, "_CHUNK", 3)
        monkeypatch.setattr(checks_module, "_SLOW_SECONDS", -1 if slow else 1e9)
        with pytest.raises(DataError) as caught:
            PairedDataset(root, "train", CROP)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert messages[0].index("3.png") < messages[0].index("9.png")


def test_recognising_a_layout_lists_a_folder_once(tmp_path, pair_folder, save, monkeypatch):
    source = open_pairs(pair_folder(tmp_path / "pairs", count=6))
    for index, name in enumerate(source.names):
        lq, gt = source.read(index)
        save(tmp_path / f"both/train/{name}.png", np.hstack([gt, lq]))
    listed = []
    walk = os.walk

    def counting(folder):
        listed.append(str(folder))
        return walk(folder)

    monkeypatch.setattr(os, "walk", counting)
    assert open_pairs(tmp_path / "both", "train").file_layout == "right"
    folder = str(tmp_path / "both/train")
    # Once for each way of listing: with and without folders below.
    assert listed.count(folder) <= 2


def test_photographs_are_remembered_too(paired_root, looked_at):
    root, _ = paired_root
    for _ in range(2):
        assert len(UnpairedDataset(root / "train/lq")) == 12
    assert len(looked_at) == 12
