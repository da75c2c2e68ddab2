"""`restorekit.measure` gives what the protocols and measures give."""

import numpy as np
import pytest

import restorekit
from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.io.images import write_image
from restorekit.metrics import PROTOCOLS


@pytest.fixture
def images():
    rng = np.random.default_rng(0)
    gt = rng.integers(0, 256, (200, 210, 3), np.uint8)
    return np.clip(gt + rng.normal(0, 9, gt.shape), 0, 255).astype(np.uint8), gt


def test_a_pair_under_a_protocol(images):
    pred, gt = images
    found = restorekit.measure(pred, gt, protocols=["rgb_u8"])
    error = np.mean((pred.astype(float) - gt) ** 2)
    assert found["psnr/rgb_u8"] == pytest.approx(10 * np.log10(255**2 / error), abs=1e-9)


def test_defaults(images):
    pred, gt = images
    every = restorekit.measure(pred, gt)
    assert {key.partition("/")[2] for key in every} == set(PROTOCOLS)
    assert [key.partition("/")[0] for key in restorekit.measure(pred)] == ["niqe"]


def test_files_and_floats(images, tmp_path):
    pred, gt = images
    write_image(tmp_path / "pred.png", pred)
    expected = restorekit.measure(pred, gt, protocols=["rgb_u8"])
    assert restorekit.measure(tmp_path / "pred.png", gt, protocols=["rgb_u8"]) == expected
    floats = (pred / 255).astype(np.float32)
    assert restorekit.measure(floats, gt, protocols=["rgb_u8"]) == pytest.approx(expected)


def test_what_cannot_be_measured_is_said(images):
    pred, gt = images
    with pytest.raises(UnknownNameError, match="rgb_u8"):
        restorekit.measure(pred, gt, protocols=["rgb_u9"])
    with pytest.raises(DataError, match="ground truth"):
        restorekit.measure(pred, protocols=["rgb_u8"])
    with pytest.raises(ConfigError, match="protocol"):
        restorekit.measure(pred, gt, measures=["psnr"])
    with pytest.raises(DataError, match="niqe"):
        restorekit.measure(np.zeros((8, 8, 3), np.uint8), measures=["niqe"])


def test_the_public_names_exist():
    for name in restorekit.__all__:
        assert getattr(restorekit, name) is not None
        assert name in dir(restorekit)
    with pytest.raises(AttributeError, match="no attribute"):
        _ = restorekit.load_everything
