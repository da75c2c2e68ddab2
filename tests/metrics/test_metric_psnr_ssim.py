from __future__ import annotations

import math

import numpy as np
import pytest
import pytorch_msssim
import torch
from metric_references import (
    gaussian_ssim,
    matlab_downsample,
    photo,
    restored,
    zero_padded_ssim,
    zero_padded_ssim_of_large,
)
from scipy import ndimage
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from restorekit.errors import ConfigError, DataError
from restorekit.metrics.functional import SSIMSpec, psnr, ssim, to_uint8
from restorekit.metrics.functional.ssim import downsample, downsampling_factor

# Height and width: the one of Rain100, one each for f = 1 and 2, odd ones, one of f = 3.
SIZES = [(481, 321), (321, 481), (512, 512), (512, 384), (383, 401), (513, 385), (640, 641)]


def images(height: int, width: int):
    gt = photo(height, width)
    return to_uint8(restored(gt)), gt


@pytest.mark.parametrize("dtype", [np.uint8, np.float64, np.float32])
def test_psnr(dtype):
    pred, gt = (image.astype(dtype) for image in images(33, 47))
    expected = peak_signal_noise_ratio(gt, pred, data_range=255)
    assert psnr(pred, gt) == pytest.approx(expected, abs=1e-6)
    assert psnr(pred[::-1, ::2], gt[::-1, ::2]) == pytest.approx(
        peak_signal_noise_ratio(gt[::-1, ::2], pred[::-1, ::2], data_range=255), abs=1e-6
    )


def test_psnr_of_identical_images():
    image = photo(20, 20)
    assert psnr(image, image) == math.inf
    assert psnr(image, image, identical=100) == 100


@pytest.mark.parametrize(("height", "width"), [(11, 11), (40, 57)])
def test_published_ssim_equals_pytorch_msssim(height, width):
    pred, gt = images(height, width)
    tensors = (torch.from_numpy(i.astype(np.float64)).permute(2, 0, 1)[None] for i in (pred, gt))
    assert ssim(pred, gt) == pytest.approx(pytorch_msssim.ssim(*tensors).item(), abs=1e-6)


@pytest.mark.parametrize("sample_covariance", [False, True])
@pytest.mark.parametrize("window", ["gaussian", "uniform"])
def test_ssim_equals_skimage(window, sample_covariance):
    pred, gt = images(50, 63)
    size = {"gaussian": 11, "uniform": 7}[window]
    spec = SSIMSpec(window=window, window_size=size, sample_covariance=sample_covariance)
    expected = structural_similarity(
        pred,
        gt,
        gaussian_weights=window == "gaussian",
        sigma=1.5,
        win_size=size,
        use_sample_covariance=sample_covariance,
        channel_axis=-1,
    )
    assert ssim(pred, gt, spec) == pytest.approx(expected, abs=1e-9)
    # One channel by itself, and a view that is not contiguous.
    grey = structural_similarity(pred[..., 1], gt[..., 1], gaussian_weights=True,
                                 use_sample_covariance=False)  # fmt: skip
    assert ssim(pred[..., 1], gt[..., 1]) == pytest.approx(grey, abs=1e-9)


# Smaller than a tile, exactly one, wider than one, and with a remainder in both directions.
@pytest.mark.parametrize(("height", "width"), [(11, 12), (16, 512), (17, 513), (45, 1100)])
def test_ssim_of_any_size_equals_skimage(height, width):
    pred, gt = (image[..., 0] for image in images(height, width))
    for gaussian, size in ((True, 11), (False, 7), (False, 9)):
        window = "gaussian" if gaussian else "uniform"
        spec = SSIMSpec(window=window, window_size=size)
        expected = structural_similarity(
            pred, gt, win_size=size, gaussian_weights=gaussian, use_sample_covariance=False
        )
        assert ssim(pred, gt, spec) == pytest.approx(expected, abs=1e-12)


def halves(first, second):
    image = np.full((300, 300), second, np.uint8)
    image[:100] = first
    return image


RAMP = np.tile(np.linspace(0, 200, 300), (300, 1)).astype(np.uint8)
CHANNEL = photo(300, 300)[..., 0]
#: Pairs in which rounding errors add up, because many windows are alike.
HARD = {
    "flat, far apart": (halves(50, 50), halves(200, 200)),
    "steps, far apart": (halves(50, 200), halves(0, 255)),
    "faint pattern on black and white": (
        halves(0, 235) + np.indices((300, 300)).sum(0).astype(np.uint8) % 2 * 20,
        halves(10, 245),
    ),
    "black and white": (halves(0, 0), halves(255, 255)),
    "brighter by one value": (CHANNEL // 2, CHANNEL // 2 + 40),
    "partly brighter": (RAMP + halves(0, 50), RAMP),
    "quantised": (CHANNEL // 64 * 64, CHANNEL // 64 * 64 + 31),
}


@pytest.mark.parametrize("name", HARD)
def test_the_content_does_not_decide_how_exact_ssim_is(name):
    pred, gt = HARD[name]
    value = ssim(pred, gt)
    assert value == pytest.approx(gaussian_ssim(pred, gt, 255), abs=1e-10)
    # The same arithmetic for whole levels and for floats, and for either order.
    assert value == ssim(pred.astype(np.float64), gt.astype(np.float64))
    assert value == ssim(gt, pred)


def test_ssim_of_single_precision_images_is_computed_in_double_precision():
    gt = photo(40, 50)
    pred = restored(gt) * np.float32(255)
    gt = gt.astype(np.float32)
    assert ssim(pred, gt) == ssim(pred.astype(np.float64), gt.astype(np.float64))


@pytest.mark.parametrize(("height", "width"), [(30, 41), (4, 5)])
def test_zero_padding_equals_torch(height, width):
    gt = photo(height, width)
    pred = restored(gt)
    ours = ssim(pred, gt / 255, SSIMSpec(padding="zero", data_range=1))
    assert ours == pytest.approx(zero_padded_ssim(pred, gt / 255), abs=1e-10)
    by_scipy = zero_padded_ssim_of_large(pred.astype(np.float64), gt / 255)
    assert ours == pytest.approx(by_scipy, abs=1e-10)


def test_ssim_of_an_image_with_itself_is_exactly_one():
    image = photo(64, 40)
    assert ssim(image, image) == 1.0


@pytest.mark.parametrize(
    ("side", "factor"),
    # 1.5 and 2.5 are rounded up, as MATLAB does, not to even.
    [(11, 1), (383, 1), (384, 2), (512, 2), (639, 2), (640, 3), (895, 3), (896, 4)],
)
def test_downsampling_factor(side, factor):
    assert downsampling_factor(side, side + 50) == factor
    assert downsampling_factor(side + 50, side) == factor


@pytest.mark.parametrize(("height", "width"), [*SIZES, (900, 931)])
def test_downsampling_is_matlabs(height, width):
    image = np.random.default_rng(0).random((height, width)) * 255
    ours = downsample(image)
    np.testing.assert_allclose(ours, matlab_downsample(image), atol=1e-9)
    # The same by another library: its even boxes reach back, which origin=-1 undoes.
    factor = downsampling_factor(height, width)
    box = ndimage.uniform_filter(image, factor, mode="reflect", origin=-1 if factor % 2 == 0 else 0)
    np.testing.assert_allclose(ours, box[::factor, ::factor], atol=1e-9)


def test_downsampling_by_two_averages_whole_blocks():
    image = np.arange(512 * 512, dtype=np.float64).reshape(512, 512)
    blocks = image.reshape(256, 2, 256, 2).mean((1, 3))
    np.testing.assert_allclose(downsample(image), blocks, atol=1e-9)


def test_images_that_cannot_be_measured():
    with pytest.raises(DataError, match="11×11 pixels but the image has 10×40"):
        ssim(photo(10, 40), photo(10, 40))
    for measure in (psnr, ssim):
        with pytest.raises(DataError, match=r"\(20, 20, 3\).*\(20, 21, 3\)"):
            measure(photo(20, 20), photo(20, 21))


@pytest.mark.parametrize(
    "settings",
    [{"window": "box"}, {"padding": "same"}, {"window_size": 8}, {"sigma": 0}, {"data_range": 0}],
)
def test_specs_that_cannot_be_used(settings):
    with pytest.raises(ConfigError, match=next(iter(settings))):
        SSIMSpec(**settings)
