from __future__ import annotations

import numpy as np
import pytest
import torch

from restorekit.archs.blocks import GuidedFilter
from restorekit.errors import ConfigError


def box_mean(x, radius):
    """Means over windows, pixel by pixel."""
    result = np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            window = x[max(i - radius, 0) : i + radius + 1, max(j - radius, 0) : j + radius + 1]
            result[i, j] = window.mean()
    return result


def coefficients(x, radius, eps):
    """a and b of each window by least squares, averaged over the windows of each pixel."""
    a, b = np.empty_like(x), np.empty_like(x)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            window = x[max(i - radius, 0) : i + radius + 1, max(j - radius, 0) : j + radius + 1]
            # Minimises the sum of (a·x + b - x)² + eps·a² (He et al., equation 4).
            n, total, squares = window.size, window.sum(), (window**2).sum()
            matrix = [[squares + n * eps, total], [total, n]]
            a[i, j], b[i, j] = np.linalg.solve(matrix, [squares, total])
    return box_mean(a, radius), box_mean(b, radius)


def bilinear(x, height, width):
    """Sample between pixels whose centres are half a pixel from the border."""

    def weights(target, source):
        matrix = np.zeros((target, source))
        for place in range(target):
            position = np.clip((place + 0.5) * source / target - 0.5, 0, source - 1)
            low = int(position)
            high = min(low + 1, source - 1)
            matrix[place, low] += 1 - (position - low)
            matrix[place, high] += position - low
        return matrix

    return weights(height, x.shape[0]) @ x @ weights(width, x.shape[1]).T


def apply(x, **kwargs):
    return GuidedFilter(**kwargs)(torch.from_numpy(x)[None, None])[0, 0].numpy()


@pytest.mark.parametrize("size", [(1, 1), (7, 12), (20, 9)])
@pytest.mark.parametrize(("radius", "eps"), [(2, 0.01), (3, 1.0), (15, 1.0)])
def test_is_the_least_squares_fit_of_each_window(size, radius, eps):
    x = np.random.default_rng(0).random(size)
    a, b = coefficients(x, radius, eps)
    np.testing.assert_allclose(apply(x, radius=radius, eps=eps), a * x + b, atol=1e-9)


@pytest.mark.parametrize("size", [(16, 24), (17, 22), (19, 3), (1, 2)])
def test_fast_form_takes_every_fourth_pixel_from_the_third(size):
    x = np.random.default_rng(1).random(size)
    places = [
        # What lies beyond the image is its mirror image.
        [max(p if p < side else 2 * side - 1 - p, 0) for p in range(2, 4 * -(-side // 4), 4)]
        for side in size
    ]
    a, b = (bilinear(c, *size) for c in coefficients(x[np.ix_(*places)], 2, 0.05))
    result = apply(x, radius=8, eps=0.05, subsampling=4)
    np.testing.assert_allclose(result, a * x + b, atol=1e-9)


def test_channels_and_images_are_filtered_by_themselves():
    x = torch.rand(2, 3, 20, 18)
    whole = GuidedFilter()(x)
    for image in range(2):
        for channel in range(3):
            part = x[image : image + 1, channel : channel + 1]
            torch.testing.assert_close(
                GuidedFilter()(part), whole[image : image + 1, channel : channel + 1]
            )


def test_half_precision_is_filtered_in_float32():
    x = (0.9 + 0.1 * torch.rand(1, 3, 40, 40)).bfloat16()
    base = GuidedFilter(4, 1e-4)(x)
    assert base.dtype == torch.bfloat16
    assert torch.equal(base, GuidedFilter(4, 1e-4)(x.float()).bfloat16())


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"radius": 0}, "radius=0"),
        ({"eps": 0.0}, "eps=0.0"),
        ({"subsampling": 0}, "subsampling=0"),
        ({"radius": 15, "subsampling": 4}, "radius=15.*multiple of subsampling=4"),
    ],
)
def test_bad_values_are_named(kwargs, message):
    with pytest.raises(ConfigError, match=f"GuidedFilter: {message}"):
        GuidedFilter(**kwargs)
