"""Our way of measuring as BasicSR does, against BasicSR."""

import importlib.util

import cv2
import numpy as np
import pytest

from restorekit.interop import import_basicsr
from restorekit.metrics.protocols import build_protocol

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("basicsr") is None, reason="basicsr is not installed"
)


def noisy_pair(height, width, noise, seed):
    rng = np.random.default_rng(seed)
    clean = cv2.resize(rng.uniform(0, 255, (6, 7, 3)), (width, height))
    noisy = clean + rng.normal(0, noise, clean.shape)
    return (np.clip(np.round(image), 0, 255).astype(np.uint8) for image in (noisy, clean))


@pytest.mark.parametrize(("protocol", "y_channel"), [("basicsr_y", True), ("rgb_u8", False)])
@pytest.mark.parametrize("size", [(11, 11), (37, 52), (400, 390)])
@pytest.mark.parametrize(("noise", "crop_border"), [(2, 0), (25, 0), (25, 4)])
def test_psnr_and_ssim_are_basicsrs(protocol, y_channel, size, noise, crop_border):
    size = tuple(side + 2 * crop_border for side in size)
    metrics = import_basicsr("metrics.psnr_ssim")
    pred, gt = noisy_pair(*size, noise, seed=size[0] + noise)
    settings = {"name": "own", "base": protocol, "crop_border": crop_border}
    ours = build_protocol(settings).measure(pred, gt)
    # BasicSR's images are BGR.
    images = pred[..., ::-1], gt[..., ::-1]
    psnr = metrics.calculate_psnr(*images, crop_border=crop_border, test_y_channel=y_channel)
    ssim = metrics.calculate_ssim(*images, crop_border=crop_border, test_y_channel=y_channel)
    # BasicSR converts to Y in float32, which is good for six digits.
    assert ours["psnr"] == pytest.approx(psnr, abs=1e-4)
    assert ours["ssim"] == pytest.approx(ssim, abs=1e-5)
