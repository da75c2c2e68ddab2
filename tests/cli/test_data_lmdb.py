"""``restorekit data lmdb`` on small datasets of each kind."""

import json

import numpy as np
import PIL.Image
import pytest

from restorekit.cli import main
from restorekit.datasets import open_images, open_pairs


def noise(seed, height=20, width=24):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(pixels).save(path)


@pytest.fixture
def root(tmp_path):
    for number in (1, 2, 10):
        save(tmp_path / f"data/test/lq/rain-{number}.png", noise(number))
        save(tmp_path / f"data/test/gt/norain-{number}.png", noise(-1 - number + 100))
    return tmp_path / "data"


def call(*arguments):
    return main(["data", "lmdb", *map(str, arguments)])


@pytest.mark.parametrize("encoding", ["raw", "encoded"])
def test_folders_to_an_lmdb_that_datasets_find(root, capsys, encoding):
    out = root / "test.lmdb"
    rule = "norain-{id}.png"
    arguments = (root, out, "--split", "test", "--pairing", rule, "--encoding", encoding)
    assert call(*arguments) == 0
    assert capsys.readouterr().out == f"{out} holds 3 pairs ({encoding}).\n"
    reader = open_pairs(root, "test")
    assert reader.names == ["rain-1", "rain-2", "rain-10"]
    np.testing.assert_array_equal(reader.read(2)[0], noise(10))
    np.testing.assert_array_equal(reader.read(2)[1], noise(89))
    assert json.loads((out / "meta.json").read_text())["encoding"] == encoding
    assert call(root, root / "again", "--split", "test") == 0
    assert call("--verify", out) == 0
    assert "all 3 pairs" in capsys.readouterr().out


def test_side_by_side_and_photographs(tmp_path):
    both = np.concatenate([noise(1), noise(2)], axis=1)
    save(tmp_path / "in/7.png", both)
    options = ("--layout", "side_by_side", "--lq-side", "left", "--workers", "1")
    assert call(tmp_path / "in", tmp_path / "pairs", *options) == 0
    lq, gt = open_pairs(tmp_path / "pairs").read(0)
    np.testing.assert_array_equal(lq, noise(1))
    np.testing.assert_array_equal(gt, noise(2))
    assert call(tmp_path / "in", tmp_path / "photos", "--layout", "images") == 0
    np.testing.assert_array_equal(open_images(tmp_path / "photos").read(0)[0], both)


def test_the_dataset_of_a_config(root, tmp_path):
    config = tmp_path / "config.py"
    config.write_text(
        "train_dataloader = dict(dataset=dict(type='MixtureDataset', weights=[1, 2], datasets=["
        f"dict(type='PairedDataset', data_root={str(root)!r}, split='test',"
        " pairing='norain-{id}.png', pipeline=[dict(type='PackInputs')]),"
        f"dict(type='SyntheticRainDataset', data_root={str(root / 'test/gt')!r})]))\n"
    )
    assert call(config, tmp_path / "mixed") == 0
    reader = open_pairs(tmp_path / "mixed")
    assert len(reader) == 9
    assert reader.names[:4] == ["0/rain-1", "0/rain-2", "0/rain-10", "1/norain-1"]
    np.testing.assert_array_equal(reader.read(3)[1], noise(98))
    first, second = reader.read(3)[0], reader.read(6)[0]
    assert reader.names[6] == "1/norain-1#2"
    assert (first != second).any()


def test_broken_files_are_refused_or_left_out(root, tmp_path, capsys):
    path = root / "test/lq/rain-2.png"
    path.write_bytes(path.read_bytes()[:-20])
    arguments = (root, tmp_path / "out", "--split", "test", "--pairing", "norain-{id}.png")
    assert call(*arguments) == 2
    error = capsys.readouterr().err
    assert "rain-2.png is truncated" in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert call(*arguments, "--skip-broken") == 0
    assert "holds 2 pairs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["gone", "out"], "gone holds no pairs"),
        (["."], "OUT is missing"),
        ([".", "out", "--workers", "0"], "--workers 0"),
        (["--verify", "."], "neither a meta.json"),
    ],
)
def test_wrong_calls_are_told_in_one_sentence(tmp_path, monkeypatch, capsys, arguments, reason):
    monkeypatch.chdir(tmp_path)
    assert call(*arguments) == 2
    error = capsys.readouterr().err
    assert reason in error
    assert error.count("\n") == 1


def test_verify_tells_damage(root, capsys):
    out = root / "test.lmdb"
    assert call(root, out, "--split", "test", "--pairing", "norain-{id}") == 0
    data = bytearray((out / "data.mdb").read_bytes())
    data[bytes(data).find(noise(2).tobytes()) + 5] ^= 1
    (out / "data.mdb").write_bytes(bytes(data))
    assert call("--verify", out) == 2
    assert f"1 of 3 pairs in {out}" in capsys.readouterr().err


def test_an_unknown_subcommand_exits_with_2(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["data", "lmbd"])
    assert caught.value.code == 2
    assert "lmdb" in capsys.readouterr().err
