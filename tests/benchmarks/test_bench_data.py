"""The data benchmark runs, and what races against us reads the same patches."""

from __future__ import annotations

import json
from argparse import Namespace

import cv2
import numpy as np
import pytest
from torch.utils.data import DataLoader

from benchmarks import data, photographs, reference_data, report
from benchmarks.__main__ import main
from benchmarks.report import Benchmark
from benchmarks.timing import Round
from restorekit.datasets import PairedDataset, open_pairs

SMALL = ["--patch-size", "16", "--batch-size", "2", "--rounds", "1", "--threads", "1"]


@pytest.fixture
def few_batches(monkeypatch):
    monkeypatch.setattr(data, "_DECODED_BATCHES", 1)
    monkeypatch.setattr(data, "_COPIED_BATCHES", 2)


def test_end_to_end(tmp_path, capsys, few_batches):
    file = tmp_path / "data.json"
    size = ["--pairs", "3", "--height", "40", "--width", "50"]
    command = ["data", *size, *SMALL, "--workers", "1", "--json", str(file)]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "restorekit, raw LMDB, 1 workers / BasicSR's way, PNG, 1 workers" in shown
    assert "samples/s" in shown
    found = json.loads(file.read_text())
    assert len(found["contenders"]) == 1 + 5
    assert len(found["ratios"]) == 4


def test_pairs_of_one_s_own(tmp_path, capsys):
    photographs.write_pairs(tmp_path / "train", 2, 30, 40)
    benchmark = Namespace(config=None, data_root=str(tmp_path), split="train", pairs=1)
    data._prepare(tmp_path / "prepared", benchmark)
    assert open_pairs(tmp_path / "prepared/raw.lmdb").names == ["00000"]
    config = tmp_path / "config.py"
    dataset = {"type": "PairedDataset", "data_root": str(tmp_path), "split": "train"}
    config.write_text(f"train_dataloader = dict(dataset={dataset!r})\n")
    assert data._given_pairs(Namespace(config=str(config), data_root=None)).location.startswith(
        str(tmp_path)
    )
    assert main(["data", "--pairs", "0"]) == 2
    assert "--pairs" in capsys.readouterr().err


def test_rounds_of_unlike_length_are_compared_by_the_sample():
    found = {"fast": [Round(1.0, 0)] * 2, "slow": [Round(3.0, 0), Round(5.0, 0)]}
    benchmark = Benchmark("data", "", {}, [("fast", "slow")], units={"fast": 100, "slow": 2})
    results = report._results(Namespace(), benchmark, found)
    assert results["contenders"]["fast"]["seconds"] == 0.01
    assert results["ratios"][0]["time"] == pytest.approx((1 / 150 + 1 / 250) / 2)


@pytest.mark.parametrize("from_lmdb", [False, True])
def test_the_plain_way_reads_the_same_images(tmp_path, from_lmdb):
    photographs.write_pairs(tmp_path, 3, 20, 24)
    reference_data.write_plain_lmdb(tmp_path)
    # A patch as large as the height, and the whole width but for a few pixels.
    plain = reference_data.PlainPairs(tmp_path, 20, from_lmdb)
    ours = PairedDataset(open_pairs(tmp_path)._lq.location.parent)
    batch = next(iter(DataLoader(plain, batch_size=3)))
    for place in range(3):
        assert batch["lq_path"][place] == ours.names[place]
        for side in ("lq", "gt"):
            patch = batch[side][place].numpy().transpose(1, 2, 0) * 255
            image = ours[place][side].astype(np.float32)
            error = cv2.matchTemplate(image, np.ascontiguousarray(patch), cv2.TM_SQDIFF)
            assert error.min() / patch.size < 0.01


def test_made_pictures_are_as_hard_to_compress_as_photographs():
    picture = photographs.photograph(np.random.default_rng(3), 321, 481)
    size = len(cv2.imencode(".png", picture)[1])
    # Those of Rain100H and Rain200H are 0.25 and 0.28 MB on average.
    assert 0.2e6 < size < 0.3e6
    assert picture.std() > 20
