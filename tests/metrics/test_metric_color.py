from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage import color

from restorekit.metrics.functional import (
    luma_full,
    luma_pil,
    luma_studio,
    luma_studio_u8,
    psnr,
    to_uint8,
)


def colours(reds: range) -> np.ndarray:
    """Every colour whose red is in ``reds``, as an image of 65,536 columns."""
    red, green, blue = np.meshgrid(reds, np.arange(256), np.arange(256), indexing="ij")
    return np.stack([red, green, blue], -1).reshape(len(reds), -1, 3).astype(np.uint8)


# All 256 reds were compared once; every seventeenth, both ends included, guards the rest.
SOME_REDS = range(0, 256, 17)


def test_pil_luma_is_pillows():
    """Pillow adds the weights of a colour, each rounded to a 64th, and drops the fraction."""
    rgb = colours(SOME_REDS)
    parts = np.rint(rgb * (64 * np.array([0.299, 0.587, 0.114]))).astype(int)
    np.testing.assert_array_equal(luma_pil(rgb), parts.sum(-1) // 64)
    np.testing.assert_array_equal(luma_pil(tuple(np.moveaxis(rgb, -1, 0))), luma_pil(rgb))


def test_studio_luma_is_skimages_and_rounds_halves_up():
    rgb = colours(SOME_REDS)
    exact = color.rgb2ycbcr(rgb)[..., 0]
    np.testing.assert_allclose(luma_studio(rgb), exact, atol=1e-10)
    rounded = luma_studio_u8(rgb)
    fraction = exact - np.floor(exact)
    clear = np.abs(fraction - 0.5) > 1e-9
    np.testing.assert_array_equal(rounded[clear], np.floor(exact + 0.5)[clear])
    np.testing.assert_array_equal(rounded[~clear], np.ceil(exact)[~clear])
    assert (rounded.min(), rounded.max()) == (16, 235)


def test_studio_range_measures_exactly_1_3219_db_more():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (2, 40, 50, 3), dtype=np.uint8)
    gap = psnr(luma_studio(x), luma_studio(y)) - psnr(luma_full(x), luma_full(y))
    assert gap == pytest.approx(20 * np.log10(255 / 219), abs=1e-10)
    assert gap == pytest.approx(1.3219, abs=5e-5)


def test_to_uint8_saves_as_torch_does():
    rng = np.random.default_rng(0)
    image = rng.normal(0.5, 0.4, (64, 64, 3)).astype(np.float32)
    # Values whose product with 255 is a half, or within a rounding of one.
    image[0, :, 0] = (np.arange(64) + 0.5) / 255
    image[1, :, 0] = np.nextafter(image[0, :, 0], 0)
    tensor = torch.from_numpy(image).clamp(0, 1)
    np.testing.assert_array_equal(to_uint8(image), (tensor * 255).round().byte().numpy())
    np.testing.assert_array_equal(to_uint8(image, "floor"), tensor.mul(255).byte().numpy())


@pytest.mark.parametrize("rounding", ["round", "floor"])
def test_a_uint8_image_survives_the_way_through_float(rounding):
    levels = np.arange(256, dtype=np.uint8)
    as_tensor = (torch.from_numpy(levels).float() / 255).numpy()
    np.testing.assert_array_equal(to_uint8(as_tensor, rounding), levels)
    assert to_uint8(levels) is levels
