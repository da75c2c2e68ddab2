"""NIQE against the MATLAB release's values, BasicSR's, and a plain implementation."""

from __future__ import annotations

from fractions import Fraction
from importlib import resources

import cv2
import numpy as np
import pytest
from metric_references import photo
from scipy import ndimage, stats
from skimage import data

from benchmarks import reference_metrics
from restorekit.errors import ConfigError, DataError
from restorekit.io.images import read_image
from restorekit.metrics import functional
from restorekit.metrics.functional import NIQE_VARIANTS, gray_matlab, luma_studio_u8, niqe
from restorekit.metrics.functional.aggd import fit_aggd, moments
from restorekit.metrics.functional.niqe import distance_from_photographs
from restorekit.metrics.functional.niqe_features import _halved
from restorekit.metrics.functional.niqe_filter import (
    COLUMN_TAPS,
    ROW_TAPS,
    fused_multiply_add,
    local_mean,
)


def textured(height, width, seed=0):
    """A photograph-like image without flat areas."""
    noise = np.random.default_rng(seed).normal(0, 12, (height, width, 3))
    image = photo(height, width, seed) + ndimage.gaussian_filter(noise, (0.7, 0.7, 0))
    return np.clip(np.round(image), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("file", "variant", "value", "digits"),
    [
        # The authors' MATLAB release, rgb2gray.
        ("dist_dir/I04.bmp", "matlab_gray", 3.6549215, 1e-7),
        ("dist_dir/I06.bmp", "matlab_gray", 3.2354774, 1e-7),
        # BasicSR's figure of the release in MATLAB R2021a, on Y.
        ("baboon.png", "basicsr_y", 5.72957338, 1e-6),
    ],
)
def test_the_matlab_releases_values(real_data, file, variant, value, digits):
    assert niqe(read_image(real_data / "niqe" / file), variant) == pytest.approx(value, abs=digits)


@pytest.mark.parametrize(
    ("name", "value", "relative"),
    # BasicSR 1.4.2 on the photographs of scikit-image; the astronaut has flat areas, where the
    # last bit decides, and BasicSR computes in single precision.
    [("coffee", 4.11524, 1e-4), ("chelsea", 2.62554, 1e-4), ("rocket", 6.96913, 5e-4),
     ("astronaut", 3.06461, 2e-3)],
)  # fmt: skip
def test_basicsrs_values(name, value, relative):
    assert niqe(getattr(data, name)(), "basicsr_y") == pytest.approx(value, rel=relative)


@pytest.mark.parametrize("size", [(192, 96), (96, 200), (250, 301)])
def test_equals_a_plain_implementation(size):
    image = textured(*size)
    expected = reference_metrics.niqe(image)
    assert niqe(image, "basicsr_y") == pytest.approx(expected, rel=1e-6)


def test_what_is_beyond_the_last_whole_block_does_not_count():
    image = textured(200, 300)
    assert niqe(image) == niqe(image[:192, :288])
    # Any memory layout.
    assert niqe(image) == niqe(np.asfortranarray(image))


def test_noise_and_blur_look_less_natural():
    image = data.chelsea()
    noise = np.random.default_rng(0).normal(0, 25, image.shape)
    noisy = np.clip(image + noise, 0, 255).astype(np.uint8)
    blurred = cv2.GaussianBlur(image, (0, 0), 3)
    assert niqe(image) < min(niqe(noisy), niqe(blurred)) - 1


def test_images_that_niqe_says_nothing_about():
    for height, width in ((95, 400), (191, 95), (180, 190)):
        with pytest.raises(DataError, match=rf"two whole blocks.*{height}×{width}"):
            niqe(textured(height, width))
    for level in (0, 128, 255):
        with pytest.raises(DataError, match=r"every block .* is flat"):
            niqe(np.full((200, 300, 3), level, np.uint8))
    with pytest.raises(DataError, match="float32"):
        niqe(textured(192, 192).astype(np.float32))
    with pytest.raises(ConfigError, match="Did you mean 'basicsr_y'"):
        niqe(textured(192, 192), "basicsr")


@pytest.mark.parametrize("level", [0, 77, 255])
def test_partly_flat_images_have_a_finite_value(level):
    image = textured(192, 288)
    image[:, :150] = level
    assert np.isfinite(niqe(image))
    # All blocks but one, and then but a pixel.
    image[:, :192], image[96:] = level, level
    assert np.isfinite(niqe(image))
    image[:] = level
    image[100, 100] = 128
    assert np.isfinite(niqe(image))


def exact_fma(factor, value, addend):
    """One rounding, in rational arithmetic: a Fraction is divided to the nearest double."""
    return float(Fraction(factor) * Fraction(value) + Fraction(addend))


def matlab_local_mean(image):
    """The filter as MATLAB does it, one pixel and one operation at a time."""
    padded = np.pad(image, 3, mode="edge")
    height, width = image.shape

    def convolve(taps, values):
        total = taps[0] * values[6]
        for k in range(1, 7):
            total = exact_fma(taps[k], values[6 - k], total)
        return total

    columns = np.array(
        [
            [convolve(COLUMN_TAPS, padded[row : row + 7, column]) for column in range(width + 6)]
            for row in range(height)
        ]
    )
    return np.array(
        [
            [convolve(ROW_TAPS, columns[row, column : column + 7]) for column in range(width)]
            for row in range(height)
        ]
    )


def with_level_areas():
    rng = np.random.default_rng(3)
    levels = rng.integers(0, 256, (28, 30)).astype(np.float64)
    levels[:12, :14] = 77
    levels[14:, 16:] = 254
    # Windows whose mean is the pixel itself although they are not level: ramps.
    levels[14:, :14] = 10 + 5 * np.arange(14)
    rows = levels.copy()
    rows[14:, :14] = 200 - 3 * np.arange(14)[:, None]
    halved = levels + rng.integers(0, 2**16, levels.shape) / 2**16
    halved[:13, :15] = 123 + 4500 / 2**16
    return {"levels": levels, "ramp down": rows, "half size": halved, "black": np.zeros((9, 9))}


@pytest.mark.parametrize("name", with_level_areas())
def test_the_local_mean_is_matlabs_to_the_last_bit_where_that_counts(name):
    image = with_level_areas()[name]
    ours, expected = local_mean(image), matlab_local_mean(image)
    np.testing.assert_allclose(ours, expected, rtol=1e-13)
    ties = np.abs(image - expected) < 1e-9
    assert ties.sum() > 60
    np.testing.assert_array_equal(ours[ties], expected[ties])
    if name != "black":
        # Rounding alone puts pixels on either side of their mean.
        assert ((image - expected)[ties] != 0).any()


def test_fused_multiply_add_rounds_once():
    rng = np.random.default_rng(0)
    values = rng.uniform(-300, 300, 3000)
    # Sums that cancel, that lie next to half-way points, and ordinary ones.
    factor = COLUMN_TAPS[0]
    addends = np.concatenate([-factor * values[:1000], rng.uniform(-99, 99, 2000)])
    values[1000:2000] = np.ldexp(rng.integers(1, 2**26, 1000), -40)
    addends[1000:2000] = 1 + np.ldexp(rng.integers(0, 2**26, 1000), -52)
    expected = [exact_fma(factor, *pair) for pair in zip(values, addends, strict=True)]
    np.testing.assert_array_equal(fused_multiply_add(factor, values, addends), expected)
    # Half-way points but for a bit far below, which rounding twice gets wrong.
    one = np.array([1.0 + 2.0**-52, 1.0])
    tiny = np.array([2.0**-53, 2.0**-53])
    for factor in (1 + 2.0**-52, 1 - 2.0**-53, 1 + 2.0**-27):
        expected = [exact_fma(factor, *pair) for pair in zip(tiny, one, strict=True)]
        np.testing.assert_array_equal(fused_multiply_add(factor, tiny, one), expected)


def unnatural():
    rows, columns = np.indices((192, 288))
    return {
        "checkerboard": (rows + columns) % 2 * 255,
        "stripes": columns // 3 % 2 * 200,
        "ramp": columns * 255 // 287,
        "halves": (columns < 100) * 255,
        "blocks": (rows // 96 + columns // 96) * 60,
        "noise": np.random.default_rng(0).integers(0, 256, (192, 288)),
        "two levels": 100 + (rows * columns) % 7 // 6,
    }


@pytest.mark.parametrize("name", unnatural())
def test_unnatural_images_have_a_finite_value_or_a_reason(name):
    image = np.repeat(unnatural()[name].astype(np.uint8)[..., None], 3, axis=2)
    for variant in NIQE_VARIANTS:
        if name in ("checkerboard", "stripes", "ramp", "halves"):
            with pytest.raises(DataError, match="is flat"):
                niqe(image, variant)
        else:
            assert 0 < niqe(image, variant) < np.inf


def test_a_block_without_all_features_counts_in_the_mean_only():
    rng = np.random.default_rng(0)
    features = rng.normal(1, 0.1, (6, 36))
    features[0, :30] = np.nan
    with np.load(resources.files(functional) / "niqe_parameters.npz") as parameters:
        mean, covariance = parameters["mu_pris_param"][0], parameters["cov_pris_param"]
    difference = np.nanmean(features, axis=0) - mean
    both = (covariance + np.cov(features[1:], rowvar=False)) / 2
    expected = np.sqrt(difference @ np.linalg.pinv(both) @ difference)
    assert distance_from_photographs(features) == pytest.approx(expected, rel=1e-9)
    # The covariance of one block is zero.
    one = distance_from_photographs(features[1:2])
    difference = features[1] - mean
    assert one == pytest.approx(
        np.sqrt(difference @ np.linalg.pinv(covariance / 2) @ difference), rel=1e-9
    )


def test_gray_is_matlabs():
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (300, 300, 3), dtype=np.uint8)
    # MATLAB's rgb2gray takes the first row of the inverse of the YIQ matrix.
    yiq = np.linalg.inv([[1.0, 0.956, 0.621], [1.0, -0.272, -0.647], [1.0, -1.106, 1.703]])
    exact = rgb @ yiq[0]
    clear = np.abs(exact - np.floor(exact) - 0.5) > 1e-6
    np.testing.assert_array_equal(gray_matlab(rgb)[clear], np.floor(exact + 0.5)[clear])


def cubic(distance):
    """Keys' kernel with a = -1/2, as MATLAB's imresize has it."""
    x = np.abs(distance)
    near = 1.5 * x**3 - 2.5 * x**2 + 1
    far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


@pytest.mark.parametrize("shape", [(96, 192), (10, 8)])
def test_halving_is_matlabs_imresize(shape):
    image = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    expected = image.astype(np.float64)
    for axis in (0, 1):
        length = shape[axis]
        # Pixel j of the input and pixel i of the output, in the input's coordinates.
        j, i = np.arange(-8, length + 8), np.arange(length // 2) * 2 + 0.5
        weights = 0.5 * cubic(0.5 * (i[:, None] - j))
        widths = [(8, 8) if axis == a else (0, 0) for a in (0, 1)]
        expected = np.tensordot(weights, np.pad(expected, widths, "symmetric"), (1, axis))
        expected = np.moveaxis(expected, 0, axis)
    np.testing.assert_allclose(_halved(image), expected, atol=1e-10)


@pytest.mark.parametrize(("shape", "scale"), [(0.6, 0.3), (1.0, 2.0), (2.0, 1.0), (3.5, 5.0)])
def test_fits_find_the_distribution_that_was_drawn_from(shape, scale):
    # At even steps of probability, so that chance has no part in it.
    drawn = stats.gennorm.ppf((np.arange(60_000) + 0.5) / 60_000, shape, scale=scale)
    # Of another scale, and with halves of different width, which is what asymmetric means.
    wider = np.where(drawn > 0, 1.5 * drawn, drawn)
    fits = fit_aggd(moments(np.stack([drawn, 7 * drawn, wider])), drawn.size)
    np.testing.assert_allclose(fits.left[:2], [scale, 7 * scale], rtol=0.01)
    np.testing.assert_allclose(fits.right[:2], [scale, 7 * scale], rtol=0.01)
    np.testing.assert_allclose(fits.shape[:2], shape, rtol=0.01)
    # Matching moments is not exact where the halves hold the same number of values.
    np.testing.assert_allclose(fits.right[2] / fits.left[2], 1.5, rtol=1e-9)
    np.testing.assert_allclose(fits.shape[2], shape, rtol=0.06)


def test_one_sided_and_empty_samples_cannot_be_fitted():
    samples = np.array([[0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [-1.0, 0.0, 0.0]])
    fits = fit_aggd(moments(samples), 3)
    np.testing.assert_array_equal(fits.shape, 0.2)
    np.testing.assert_array_equal(np.isnan(fits.left), [True, True, False])
    np.testing.assert_array_equal(np.isnan(fits.right), [True, False, True])
    assert np.isnan(fits.mean).all()


def test_the_variants_differ_only_in_their_luma():
    image = textured(192, 192)
    assert niqe(image) != niqe(image, "basicsr_y")
    as_luma = np.repeat(luma_studio_u8(image)[..., None], 3, axis=2)
    assert niqe(as_luma) == pytest.approx(niqe(image, "basicsr_y"), rel=1e-12)
