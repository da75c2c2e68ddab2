"""Measures of other libraries: known values, properties, and what is said where they lack."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from metric_references import photo
from skimage import data

from restorekit.errors import DataError, MissingDependencyError
from restorekit.metrics import build_measure, build_protocol
from restorekit.metrics.plan import Plan


def noisy(image, level, seed=0):
    noise = np.random.default_rng(seed).normal(0, level, image.shape)
    return (image + noise).clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("name", ["ms_ssim", "vif"])
def test_similarity_falls_with_noise_and_is_one_for_the_same_image(name):
    pytest.importorskip({"ms_ssim": "pytorch_msssim", "vif": "torchmetrics"}[name])
    measure, gt = build_measure(name), photo(170, 180)
    values = [measure(noisy(gt, level), gt) for level in (0, 10, 30)]
    assert values[0] == pytest.approx(1, abs=1e-4)
    assert values[0] > values[1] > values[2] > 0
    assert measure.higher_is_better


def test_vif_is_that_of_the_formula_written_down_plainly():
    """Sheikh and Bovik 2006 in the pixel domain, as their vifp_mscale.m has it."""
    pytest.importorskip("torchmetrics")
    from scipy.signal import convolve2d

    gt = photo(60, 70)
    pred = noisy(gt, 12)

    def plain(ref, dist):
        shares = np.zeros(2)
        for scale in range(1, 5):
            size = 2 ** (5 - scale) + 1
            y, x = np.mgrid[:size, :size] - size // 2
            window = np.exp(-(x**2 + y**2) / (2 * (size / 5) ** 2))
            window /= window.sum()

            def blur(image, window=window):
                return convolve2d(image, window, mode="valid")

            if scale > 1:
                ref, dist = blur(ref)[::2, ::2], blur(dist)[::2, ::2]
            m1, m2 = blur(ref), blur(dist)
            v1 = np.maximum(blur(ref**2) - m1**2, 0)
            v2 = np.maximum(blur(dist**2) - m2**2, 0)
            v12 = blur(ref * dist) - m1 * m2
            g = v12 / (v1 + 1e-10)
            sv = v2 - g * v12
            g[v1 < 1e-10], sv[v1 < 1e-10], v1[v1 < 1e-10] = 0, v2[v1 < 1e-10], 0
            g[v2 < 1e-10], sv[v2 < 1e-10] = 0, 0
            sv[g < 0] = v2[g < 0]
            g[g < 0] = 0
            sv = np.maximum(sv, 1e-10)
            shares += np.log10(1 + g**2 * v1 / (sv + 2)).sum(), np.log10(1 + v1 / 2).sum()
        return shares[0] / shares[1]

    expected = np.mean([plain(gt[..., i] * 1.0, pred[..., i] * 1.0) for i in range(3)])
    assert build_measure("vif")(pred, gt) == pytest.approx(expected, abs=2e-5)


def test_brisque_rises_with_noise_and_says_nothing_about_a_flat_image():
    pytest.importorskip("brisque")
    image = data.astronaut()[100:300, 100:340]
    plan = Plan((), ["brisque"])
    clean, worse = (plan.measure(one)["brisque"] for one in (image, noisy(image, 30)))
    assert clean + 10 < worse
    assert isinstance(plan.measure(np.full((64, 64, 3), 90, np.uint8))["brisque"], str)


def test_images_that_are_too_small_are_left_out():
    pytest.importorskip("pytorch_msssim")
    with pytest.raises(DataError, match="100×200"):
        build_measure("ms_ssim")(photo(100, 200), photo(100, 200))


def test_a_protocol_takes_other_measures_on_what_it_compares():
    pytest.importorskip("torchmetrics")
    gt = photo(60, 70)
    protocol = build_protocol(
        {
            "name": "cropped_y",
            "base": "matlab_y_u8",
            "crop_border": 5,
            "measures": ["psnr", "vif"],
        }
    )
    found = Plan([protocol]).measure(noisy(gt, 9), gt)
    assert list(found) == ["psnr/cropped_y", "vif/cropped_y"]
    luma = (one[5:-5, 5:-5] for one in map(matlab_luma, (noisy(gt, 9), gt)))
    assert found["vif/cropped_y"] == build_measure("vif")(*luma)
    assert found["psnr/cropped_y"] == protocol.measure(noisy(gt, 9), gt)["psnr"]


def matlab_luma(image):
    weights = np.array([65.481, 128.553, 24.966])
    return np.round(image / 255.0 @ weights + 16).astype(np.uint8)


@pytest.mark.parametrize("name", ["lpips", "lpips:vgg", "dists", "vif", "ms_ssim", "brisque"])
def test_a_missing_library_is_named_before_anything_is_measured(name, monkeypatch):
    for module in ("torchmetrics", "torchvision.models", "pytorch_msssim", "brisque"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match="install"):
        build_measure(name)


class _Weights:
    class DEFAULT:
        url = "https://example.org/models/backbone-0123.pth"


@pytest.mark.parametrize("name", ["lpips", "dists"])
def test_missing_weights_are_named_with_where_they_are_looked_for(name, monkeypatch, tmp_path):
    pytest.importorskip("torchmetrics")
    models = type(sys)("torchvision.models")
    models.AlexNet_Weights = models.VGG16_Weights = _Weights
    monkeypatch.setitem(sys.modules, "torchvision.models", models)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(MissingDependencyError) as caught:
        build_measure(name)
    assert str(tmp_path / "hub/checkpoints/backbone-0123.pth") in str(caught.value)
