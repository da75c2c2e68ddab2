"""The losses of frequencies and of edges, against NumPy and SciPy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import correlate

from restorekit.errors import ConfigError, DataError
from restorekit.losses import EdgeLoss, FFTLoss
from restorekit.losses.pyramid import gaussian_pyramid
from restorekit.registry import MODELS

SMOOTH = np.outer([0.05, 0.25, 0.4, 0.25, 0.05], [0.05, 0.25, 0.4, 0.25, 0.05])
BINOMIAL = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256


def arrays(height=9, width=12):
    return np.random.default_rng(1).random((2, 2, 3, height, width))


def fft_parts(x, y):
    x, y = np.fft.fft2(x), np.fft.fft2(y)
    return np.mean([np.abs(x.real - y.real), np.abs(x.imag - y.imag)])


def fft_modulus(x, y):
    return np.abs(np.fft.fft2(x) - np.fft.fft2(y)).mean()


def edges(image):
    smooth = correlate(image, SMOOTH, mode="nearest")
    reduced = np.zeros_like(image)
    reduced[::2, ::2] = 4 * smooth[::2, ::2]
    return image - correlate(reduced, SMOOTH, mode="nearest")


def edge(x, y):
    planes = zip(x.reshape(-1, *x.shape[-2:]), y.reshape(-1, *y.shape[-2:]), strict=True)
    return np.mean([np.sqrt((edges(a) - edges(b)) ** 2 + 1e-6) for a, b in planes])


EXPECTED = {
    "parts": ({"type": "FFTLoss"}, fft_parts),
    "modulus": ({"type": "FFTLoss", "of": "modulus"}, fft_modulus),
    "edge": ({"type": "EdgeLoss"}, edge),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_value_weight_and_gradient(name):
    config, expected = EXPECTED[name]
    loss = MODELS.build({**config, "loss_weight": 0.4})
    x, y = arrays()
    pred, gt = torch.tensor(x, requires_grad=True), torch.tensor(y)
    assert loss(pred, gt).item() == pytest.approx(0.4 * expected(x, y), rel=1e-10)
    assert torch.autograd.gradcheck(
        loss, (pred[..., :4, :6].detach().requires_grad_(), gt[..., :4, :6])
    )


@pytest.mark.parametrize("config", [config for config, _ in EXPECTED.values()], ids=EXPECTED)
def test_half_precision_is_left(config):
    loss = MODELS.build(config)
    pred, gt = (torch.tensor(x).bfloat16() for x in arrays())
    expected = loss(pred.float(), gt.float())
    pred.requires_grad_()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        value = loss(pred, gt)
    value.backward()
    assert value.dtype == torch.float32
    torch.testing.assert_close(value, expected)
    assert torch.isfinite(pred.grad).all()


@pytest.mark.parametrize("loss", [FFTLoss(), FFTLoss("modulus"), EdgeLoss()])
def test_equal_images_have_a_gradient_that_is_finite(loss):
    gt = torch.rand(1, 3, 8, 8)
    pred = gt.clone().requires_grad_()
    loss(pred, gt).backward()
    assert torch.equal(pred.grad, torch.zeros_like(gt))


def test_what_cannot_be_used_is_refused():
    with pytest.raises(ConfigError, match="'phase'"):
        FFTLoss(of="phase")
    with pytest.raises(ConfigError, match="eps is 0"):
        EdgeLoss(eps=0)
    for loss in (FFTLoss(), EdgeLoss()):
        with pytest.raises(DataError, match=type(loss).__name__):
            loss(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 4))


def test_levels_of_a_gaussian_pyramid():
    image = arrays(12, 20)[0, :1, :1]
    level = image[0, 0]
    for _ in range(2):
        smooth = correlate(level, BINOMIAL, mode="mirror")
        # Halving an even side bilinearly takes the mean of 2x2 pixels.
        level = smooth.reshape(smooth.shape[0] // 2, 2, -1, 2).mean(axis=(1, 3))
        found = gaussian_pyramid(torch.tensor(image), level.shape)
        np.testing.assert_allclose(found[0, 0].numpy(), level, rtol=1e-12)
    assert torch.equal(gaussian_pyramid(torch.tensor(image), (12, 20)), torch.tensor(image))
    with pytest.raises(ConfigError, match="12x20 pixels has no level of 5x10"):
        gaussian_pyramid(torch.tensor(image), (5, 10))
