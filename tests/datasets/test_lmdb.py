"""An LMDB holds what the files hold, survives a kill, and says when it is not whole."""

import hashlib
import json
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys

import lmdb
import numpy as np
import pytest

from restorekit.datasets import LmdbPairs, PairedDataset, open_images, open_pairs
from restorekit.datasets.lmdb import writer
from restorekit.datasets.lmdb.mapping import LmdbValues
from restorekit.datasets.lmdb.writer import write_lmdb
from restorekit.errors import DataError

ENCODINGS = ("raw", "encoded")


@pytest.fixture
def small_batches(monkeypatch):
    """Commit after every pair and begin with a map that is far too small."""
    monkeypatch.setattr(writer, "_BATCH_BYTES", 1)
    monkeypatch.setattr(writer, "_FIRST_MAP_BYTES", 1 << 15)


def assert_holds(reader, pixels):
    assert reader.names == list(pixels)
    for index, images in enumerate(pixels.values()):
        for have, want in zip(reader.read(index), images, strict=True):
            np.testing.assert_array_equal(have, want)
        assert reader.size(index) == images[0].shape[:2]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_content_equals_the_files(paired_root, encoding, small_batches):
    root, pixels = paired_root
    source = open_pairs(root, "train")
    assert write_lmdb(source, root / "train.lmdb", encoding, workers=3) == (12, 0)
    reader = open_pairs(root, "train")
    assert isinstance(reader, LmdbPairs)
    assert_holds(reader, pixels)
    assert list(reader.damaged()) == [None] * 12
    assert_holds(open_pairs(root / "train.lmdb"), pixels)
    meta = json.loads((root / "train.lmdb/meta.json").read_text())
    assert (meta["format"], meta["version"], meta["complete"]) == ("restorekit.lmdb", 1, True)
    stored = (root / "train/gt/3.png").read_bytes() if encoding == "encoded" else pixels["3"][1]
    digest = hashlib.blake2b(bytes(stored), digest_size=16).hexdigest()
    assert meta["gt_checksums"][meta["names"].index("3")] == digest
    assert not (root / "train.lmdb/writing.json").exists()


def test_raw_pixels_are_views_onto_the_file_that_outlive_their_reader(paired_root):
    root, pixels = paired_root
    write_lmdb(open_pairs(root, "train"), root / "train.lmdb")
    reader = open_pairs(root, "train")
    crop = reader.read(4)[0][3:9, 2:8]
    assert not crop.flags.writeable
    assert not crop.flags.owndata
    with pytest.raises(ValueError, match="read-only"):
        crop[0] = 0
    del reader
    np.testing.assert_array_equal(crop, pixels["5"][0][3:9, 2:8])


def test_two_datasets_share_one_lmdb(paired_root):
    root, pixels = paired_root
    write_lmdb(open_pairs(root, "train"), root / "train.lmdb")
    first, second = open_pairs(root, "train"), open_pairs(root / "train.lmdb")
    assert_holds(first, pixels)
    assert_holds(second, pixels)
    copy = pickle.loads(pickle.dumps(first))
    assert_holds(copy, pixels)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_shared_clean_image_is_stored_once(tmp_path, save, image, encoding):
    gt = image(0, 128, 128)
    save(tmp_path / "gt/1.png", gt)
    pixels = {}
    for k in range(6):
        lq = image(k + 1, 128, 128)
        save(tmp_path / f"lq/1_{k}.png", lq)
        pixels[f"1_{k}"] = (lq, gt)
    out = tmp_path / "out.lmdb"
    write_lmdb(open_pairs(tmp_path, pairing="prefix"), out, encoding)
    assert_holds(open_pairs(out), pixels)
    with lmdb.open(str(out), readonly=True, lock=False) as opened, opened.begin() as transaction:
        keys = [key for key, _ in transaction.cursor()]
    assert sum(key.endswith(b"/gt") for key in keys) == 1
    again = tmp_path / "again.lmdb"
    write_lmdb(open_pairs(out), again, "raw")
    assert_holds(open_pairs(again), pixels)
    assert (again / "data.mdb").stat().st_size < 1.3 * 7 * gt.nbytes


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("side", ["left", "right"])
def test_files_with_both_images_are_kept_or_cut(tmp_path, save, image, encoding, side):
    lq, gt = image(1), image(2)
    halves = (lq, gt) if side == "left" else (gt, lq)
    file = save(tmp_path / "in/1.png", np.concatenate(halves, axis=1))
    reader = open_pairs(tmp_path / "in", layout="side_by_side", lq_side=side)
    out = tmp_path / "out.lmdb"
    write_lmdb(reader, out, encoding)
    found = open_pairs(out)
    assert_holds(found, {"1": (lq, gt)})
    if encoding == "encoded":
        assert found.files(0) == [file.read_bytes()]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_photographs_without_clean_versions(tmp_path, save, image, encoding):
    for seed in (1, 2):
        save(tmp_path / f"in/{seed}.png", image(seed))
    out = tmp_path / "out.lmdb"
    write_lmdb(open_images(tmp_path / "in"), out, encoding)
    reader = open_images(out)
    np.testing.assert_array_equal(reader.read(1)[0], image(2))
    assert reader.read(1)[1] is None
    with pytest.raises(DataError, match="UnpairedDataset"):
        open_pairs(out)


def test_encoded_from_raw_pixels_is_png(paired_root):
    root, pixels = paired_root
    write_lmdb(open_pairs(root, "train"), root / "raw.lmdb")
    write_lmdb(open_pairs(root / "raw.lmdb"), root / "png.lmdb", "encoded")
    reader = open_pairs(root / "png.lmdb")
    assert reader.files(0)[0].startswith(b"\x89PNG")
    assert_holds(reader, pixels)


class _Killed:
    """A reader whose process is killed when it comes to a pair."""

    def __init__(self, reader, at):
        self._reader, self._at = reader, at

    def __getattr__(self, name):
        return getattr(self._reader, name)

    def __len__(self):
        return len(self._reader)

    def read(self, index):
        if index == self._at:
            os.kill(os.getpid(), signal.SIGKILL)
        return self._reader.read(index)


def test_a_killed_run_is_refused_by_datasets_and_continued_by_the_next(paired_root, small_batches):
    root, pixels = paired_root
    out = root / "train.lmdb"
    source = open_pairs(root, "train")
    killed = _Killed(source, at=9)
    process = multiprocessing.get_context("fork").Process(
        target=write_lmdb, args=(killed, out, "raw", 1)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with pytest.raises(DataError, match=r"train\.lmdb .*meta\.json.*restorekit data lmdb"):
        PairedDataset(root, "train")
    read = []
    reader = _Killed(source, at=-1)
    reader.read = lambda index: read.append(index) or source.read(index)
    total, found = write_lmdb(reader, out, workers=1)
    assert total == 12
    assert 3 <= found <= 9
    assert read == list(range(found, 12))
    assert_holds(LmdbPairs(out), pixels)
    assert list(LmdbPairs(out).damaged()) == [None] * 12


def test_only_a_few_pairs_are_in_memory_at_a_time(paired_root, monkeypatch, small_batches):
    root, _ = paired_root
    source = open_pairs(root, "train").subset([k % 12 for k in range(12)] * 10)
    source.names = [f"{k}" for k in range(120)]
    alive, most = set(), []
    commit = writer._commit

    def read(index):
        alive.add(index)
        most.append(len(alive))
        return type(source).read(source, index)

    def commit_and_forget(environment, batch):
        commit(environment, batch)
        alive.difference_update(pair.number for pair in batch)

    reader = _Killed(source, at=-1)
    reader.read = read
    monkeypatch.setattr(writer, "_commit", commit_and_forget)
    assert write_lmdb(reader, root / "out", workers=3) == (120, 0)
    # Three being read, as many as twice that waiting, and one being written.
    assert 3 < max(most) <= 3 + 6 + 1


def test_a_complete_lmdb_is_left_alone_and_other_content_refused(paired_root):
    root, _ = paired_root
    source, out = open_pairs(root, "train"), root / "out"
    write_lmdb(source, out)
    before = (out / "meta.json").stat().st_mtime_ns
    assert write_lmdb(source, out) == (12, 12)
    assert (out / "meta.json").stat().st_mtime_ns == before
    with pytest.raises(DataError, match="complete LMDB of other pairs"):
        write_lmdb(source, out, "encoded")
    (out / "meta.json").rename(out / "elsewhere")
    (out / "writing.json").write_text(
        json.dumps(json.loads((out / "elsewhere").read_text())).replace('"raw"', '"encoded"')
    )
    with pytest.raises(DataError, match="not empty"):
        write_lmdb(source, root / "train")


def test_a_half_written_lmdb_is_continued_only_by_its_own_plan(paired_root, small_batches):
    root, _ = paired_root
    source, out = open_pairs(root, "train"), root / "out"
    failing = _Killed(source, at=-1)

    def read(index):
        if index == 6:
            raise DataError("6 cannot be read.")
        return source.read(index)

    failing.read = read
    with pytest.raises(DataError, match="6 cannot be read"):
        write_lmdb(failing, out, workers=1)
    with pytest.raises(DataError, match=r"encoding 'raw' instead of 'encoded'"):
        write_lmdb(source, out, "encoded")
    with pytest.raises(DataError, match="names_digest"):
        write_lmdb(source.subset(range(5)), out)
    assert write_lmdb(source, out).found >= 3


def test_truncated_and_foreign_lmdbs_are_refused(paired_root):
    root, _ = paired_root
    out = root / "train.lmdb"
    write_lmdb(open_pairs(root, "train"), out)
    data = (out / "data.mdb").read_bytes()
    (out / "data.mdb").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match=r"data\.mdb is truncated"):
        PairedDataset(root, "train")
    (out / "data.mdb").write_bytes(data)
    meta = (out / "meta.json").read_text()
    (out / "meta.json").write_text(meta.replace('"version": 1', '"version": 2'))
    with pytest.raises(DataError, match="version 2"):
        PairedDataset(root, "train")
    (out / "meta.json").write_text(meta[:100])
    with pytest.raises(DataError, match=r"train\.lmdb.meta\.json "):
        PairedDataset(root, "train")
    (out / "meta.json").unlink()
    with pytest.raises(DataError, match="neither"):
        PairedDataset(root, "train")


def test_verification_finds_a_flipped_bit(paired_root):
    root, pixels = paired_root
    out = root / "train.lmdb"
    write_lmdb(open_pairs(root, "train"), out)
    data = bytearray((out / "data.mdb").read_bytes())
    place = bytes(data).find(pixels["4"][1].tobytes())
    data[place + 100] ^= 1
    (out / "data.mdb").write_bytes(bytes(data))
    assert [label for label in LmdbPairs(out).damaged() if label] == [f"{out}[4]"]


def test_a_full_disk_is_told_with_the_remedy(paired_root, monkeypatch):
    root, _ = paired_root

    def full(*_):
        raise lmdb.DiskError("No space left on device")

    monkeypatch.setattr(writer, "_commit", full)
    with pytest.raises(DataError, match="No space left"):
        write_lmdb(open_pairs(root, "train"), root / "out")


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_cut_off_while_it_is_open_is_refused(paired_root, encoding):
    # In a process of its own: a map of a file that is cut off kills whoever reads it.
    root, _ = paired_root
    out = root / "train.lmdb"
    write_lmdb(open_pairs(root, "train"), out, encoding)

    def attack():
        reader = LmdbPairs(out)
        reader.read(0)
        os.truncate(out / "data.mdb", 4096)
        for index in range(len(reader)):
            with pytest.raises(DataError, match="cut off"):
                [image.sum() for image in reader.read(index)]
        os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=attack)
    process.start()
    process.join()
    assert process.exitcode == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("shapes", []),
        ("shapes", [[20, "x"]] * 12),
        ("shapes", [[0, 10**30]] * 12),
        ("names", 5),
        ("names", None),
        ("gt_of", [12] * 12),
        ("gt_of", []),
        ("lq_checksums", {}),
        ("num_pairs", -1),
        ("data_bytes", "many"),
        ("encoding", "zip"),
        ("file_layout", "left"),
    ],
)
def test_a_wrong_value_in_meta_json_is_named(paired_root, key, value):
    root, _ = paired_root
    out = root / "train.lmdb"
    write_lmdb(open_pairs(root, "train"), out)
    meta = json.loads((out / "meta.json").read_text())
    (out / "meta.json").write_text(json.dumps({**meta, key: value}))
    with pytest.raises(DataError, match=rf"meta\.json: ({key}|gt_checksums|names)"):
        LmdbPairs(out)


def test_verification_compares_shapes_with_the_pixels(paired_root):
    root, _ = paired_root
    for encoding in ENCODINGS:
        out = root / encoding
        write_lmdb(open_pairs(root, "train"), out, encoding)
        meta = json.loads((out / "meta.json").read_text())
        height, width = meta["shapes"][3]
        meta["shapes"][3] = [height, width + 1]
        (out / "meta.json").write_text(json.dumps(meta))
        assert [label for label in LmdbPairs(out).damaged() if label] == [f"{out}[4]"]


@pytest.mark.parametrize("content", ['{"encoding": "raw", "sou', "[]", "\xff", '{"encoding": 3}'])
def test_a_cut_off_plan_is_refused(paired_root, content):
    root, _ = paired_root
    (root / "out").mkdir()
    (root / "out/writing.json").write_text(content, encoding="latin-1")
    with pytest.raises(DataError, match=r"writing\.json"):
        write_lmdb(open_pairs(root, "train"), root / "out")


def test_a_damaged_half_is_not_written_on(paired_root, small_batches):
    root, _ = paired_root
    source, out = open_pairs(root, "train"), root / "out"
    failing = _Killed(source, at=-1)
    failing.read = lambda index: source.read(index) if index < 6 else 1 / 0
    with pytest.raises(ZeroDivisionError):
        write_lmdb(failing, out, workers=1)
    with (out / "data.mdb").open("rb+") as file:
        file.truncate(5000)
    with pytest.raises(DataError, match="cannot be continued"):
        write_lmdb(source, out)


def test_values_are_found_as_the_lmdb_library_finds_them(tmp_path):
    # Enough keys of many lengths for a tree of several levels.
    random = np.random.default_rng(0)
    values = {
        b"%x" % number: random.bytes(int(random.integers(0, 6000 if number % 7 == 0 else 99)))
        for number in random.integers(0, 10**12, 6000).tolist()
    }
    with lmdb.open(str(tmp_path), map_size=1 << 26) as opened:
        for keep in (True, False):
            with opened.begin(write=True) as transaction:
                for number, (key, value) in enumerate(values.items()):
                    if keep:
                        transaction.put(key, value)
                    elif number % 3 == 0:
                        transaction.delete(key)
        with opened.begin() as transaction:
            expected = {key: transaction.get(key) for key in values}
            assert transaction.stat()["depth"] >= 3
    found = LmdbValues(tmp_path)
    assert {key: found.get(key) for key in values} == expected
    assert found.get(b"") is None
    assert found.get(b"zz") is None
    found.file.check()


@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs a disk of its own")
@pytest.mark.parametrize("kilobytes", [4, 12, 24])
def test_a_full_disk_is_one_sentence(paired_root, tmp_path, kilobytes):
    """Write to a real disk of a few pages, where the system lets a test make one."""
    root, _ = paired_root
    script = f"""
from pathlib import Path
from restorekit.datasets import open_pairs, write_lmdb
from restorekit.errors import RestoreKitError
try:
    write_lmdb(open_pairs({str(root)!r}, 'train'), Path('full/out.lmdb'))
except RestoreKitError as error:
    print('REFUSED', 'room' in str(error))
"""
    shell = f'mount -t tmpfs -o size={kilobytes}k none full && exec "$0" -c "$1"'
    (tmp_path / "full").mkdir()
    done = subprocess.run(
        ["unshare", "-rm", "sh", "-c", shell, sys.executable, script],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.stderr.startswith(("mount:", "unshare:")):
        pytest.skip("no disk can be made here")
    assert (done.returncode, done.stdout) == (0, "REFUSED True\n"), done.stderr


def test_what_is_kept_of_each_pair_while_writing_is_small(tmp_path, pair_folder, monkeypatch):
    """Records are numbers in arrays, and ``meta.json`` is written entry by entry."""
    reader = open_pairs(pair_folder(tmp_path / "pairs", count=6))
    kept = []
    write = writer.write_meta

    def noting(path, plan, data_bytes, lists):
        kept.append({key: type(values) for key, values in lists.items()})
        write(path, plan, data_bytes, lists)

    monkeypatch.setattr(writer, "write_meta", noting)
    write_lmdb(reader, tmp_path / "out")
    assert not any(issubclass(kept[0][key], list) for key in ("shapes", "lq_checksums"))
    records = writer._Records(1000)
    arrays = (records.images, records.shapes, records.checksums)
    assert sum(array.nbytes for array in arrays) == 41 * 1000
    # What is written is what json makes of the lists.
    text = (tmp_path / "out/meta.json").read_text()
    content = json.loads(text)
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in content.items()]
    assert text == "{\n" + ",\n".join(lines) + "\n}\n"
    assert content["shapes"] == [list(reader.size(index)) for index in range(6)]
