from __future__ import annotations

import importlib.util
import json

import numpy as np
import pytest

from benchmarks import metrics, reference_metrics
from benchmarks.__main__ import main
from restorekit.metrics import get_protocol


def test_end_to_end(tmp_path, capsys):
    file = tmp_path / "metrics.json"
    size = ["--pairs", "2", "--height", "100", "--width", "200"]
    assert main(["metrics", *size, "--rounds", "1", "--json", str(file)]) == 0
    assert "restorekit, NIQE / plain, NIQE" in capsys.readouterr().out
    found = json.loads(file.read_text())
    assert found["title"] == "2 pairs of 200×100"
    with_basicsr = importlib.util.find_spec("basicsr") is not None
    assert len(found["contenders"]) == 6 if with_basicsr else 4
    assert len(found["ratios"]) == 4 if with_basicsr else 2


def test_the_plain_way_gives_the_same_numbers():
    pred, gt = metrics._pairs(1, 120, 200)[0]
    assert not np.array_equal(pred, gt)
    psnr, ssim = reference_metrics.psnr_and_ssim_on_y(pred, gt)
    ours = get_protocol("basicsr_y").measure(pred, gt)
    assert ours == {"psnr": pytest.approx(psnr, abs=1e-9), "ssim": pytest.approx(ssim, abs=1e-9)}
