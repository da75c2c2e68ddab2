"""The protocols on released photographs, compared with independent implementations."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from metric_references import REFERENCES

from restorekit.metrics import PROTOCOLS, get_protocol

DATA = os.environ.get("RESTOREKIT_TEST_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="RESTOREKIT_TEST_DATA is not set")


def rgb(path: Path) -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


def rain100l() -> list[tuple[np.ndarray, np.ndarray]]:
    folder = Path(DATA) / "rain100l_sample"
    return [
        (rgb(path), rgb(folder / "gt" / f"no{path.name}"))
        for path in sorted((folder / "lq").glob("*.png"))
    ]


def rain800_of_400_rows() -> list[tuple[np.ndarray, np.ndarray]]:
    """Pairs whose short side makes ssim.m downsample by two; the left half is clean."""
    pairs = []
    for path in sorted((Path(DATA) / "rain800" / "test").glob("*.jpg")):
        both = rgb(path)
        width = both.shape[1] // 2
        if 384 <= min(both.shape[0], width) < 640 and len(pairs) < 4:
            pairs.append((both[:, width : 2 * width], both[:, :width]))
    return pairs


@pytest.mark.parametrize("name", REFERENCES)
def test_rain100l(name):
    pairs = rain100l()
    assert len(pairs) == 10
    for lq, gt in pairs[::3]:
        ours = get_protocol(name).measure(lq, gt)
        psnr, ssim = REFERENCES[name](lq, gt)
        assert ours["psnr"] == pytest.approx(psnr, abs=1e-4)
        assert ours["ssim"] == pytest.approx(ssim, abs=1e-6)


def test_downsampled_pairs():
    pairs = rain800_of_400_rows()
    assert pairs
    for lq, gt in pairs:
        ours = {name: protocol.measure(lq, gt) for name, protocol in PROTOCOLS.items()}
        psnr, ssim = REFERENCES["matlab_y_double"](lq, gt)
        assert ours["matlab_y_double"]["psnr"] == pytest.approx(psnr, abs=1e-4)
        assert ours["matlab_y_double"]["ssim"] == pytest.approx(ssim, abs=1e-6)
        # The hidden downsampling is no detail.
        assert abs(ours["matlab_y_double"]["ssim"] - ours["matlab_y_u8"]["ssim"]) > 0.003
