"""Independent implementations that the metrics are compared with: SciPy, scikit-image, Pillow."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from scipy import ndimage, signal
from skimage import color
from skimage.metrics import peak_signal_noise_ratio, structural_similarity


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth colourful uint8 image with some texture."""
    rng = np.random.default_rng(seed)
    coarse = rng.random((6, 7, 3))
    zoom = (height / 6, width / 7, 1)
    image = ndimage.zoom(coarse, zoom, order=1, grid_mode=True, mode="nearest")
    image = image[:height, :width] + 0.05 * rng.standard_normal((height, width, 3))
    return np.round(np.clip(image, 0, 1) * 255).astype(np.uint8)


def restored(gt: np.ndarray, seed: int = 1) -> np.ndarray:
    """A network's float32 output for ``gt``: wrong by a little and outside [0, 1] in places."""
    rng = np.random.default_rng(seed)
    streaks = ndimage.gaussian_filter(rng.standard_normal(gt.shape), (3, 0.5, 0))
    return (gt / 255 + 0.2 * streaks).astype(np.float32)


def saved(image: np.ndarray) -> np.ndarray:
    """The uint8 image that is written for a float32 tensor, with torch's arithmetic."""
    if image.dtype == np.uint8:
        return image
    return (torch.from_numpy(image).clamp(0, 1) * 255).round().to(torch.uint8).numpy()


def psnr_from_mse(x: np.ndarray, y: np.ndarray, peak: float) -> float:
    return 20 * math.log10(peak / math.sqrt(np.mean((x - y) ** 2)))


def gaussian_ssim(x: np.ndarray, y: np.ndarray, peak: float) -> float:
    """Published SSIM by scikit-image, whose 11×11 window it crops to the valid part."""
    return structural_similarity(
        x,
        y,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=peak,
        channel_axis=-1 if x.ndim == 3 else None,
    )


def matlab_downsample(image: np.ndarray) -> np.ndarray:
    """imfilter(img, ones(f)/f^2, 'symmetric') and img(1:f:end, 1:f:end), written out."""
    factor = max(1, int(min(image.shape) / 256 + 0.5))
    # MATLAB's kernel centre, counted from one, is floor((f + 1) / 2).
    before = (factor + 1) // 2 - 1
    padded = np.pad(image, (before, factor - 1 - before), mode="symmetric")
    box = np.full((factor, factor), 1 / factor**2)
    return signal.correlate2d(padded, box, mode="valid")[::factor, ::factor]


def combine(mu_x, mu_y, x_squared, y_squared, product) -> float:
    """SSIM of images in [0, 1] from their five smoothed maps."""
    cov = product - mu_x * mu_y
    var = x_squared - mu_x**2 + y_squared - mu_y**2
    score = (2 * mu_x * mu_y + 1e-4) * (2 * cov + 9e-4)
    return float((score / ((mu_x**2 + mu_y**2 + 1e-4) * (var + 9e-4))).mean())


def zero_padded_ssim(x: np.ndarray, y: np.ndarray) -> float:
    """Five plain 11×11 torch convolutions padded with zeros, constants on [0, 1]."""
    offsets = torch.arange(11, dtype=torch.float64) - 5
    window = torch.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * 1.5**2))
    window = (window / window.sum()).repeat(3, 1, 1, 1)
    x, y = (torch.from_numpy(i.astype(np.float64)).permute(2, 0, 1)[None] for i in (x, y))
    maps = (F.conv2d(i, window, padding=5, groups=3) for i in (x, y, x * x, y * y, x * y))
    return combine(*maps)


def zero_padded_ssim_of_large(x: np.ndarray, y: np.ndarray) -> float:
    """The same by SciPy's Gaussian filter, which torch in float64 is too slow for."""

    def blur(image):
        return ndimage.gaussian_filter(image, (1.5, 1.5, 0), mode="constant", radius=5)

    return combine(*map(blur, (x, y, x * x, y * y, x * y)))


def _y(image: np.ndarray) -> np.ndarray:
    return color.rgb2ycbcr(image)[..., 0]


def _matlab_y_u8(pred, gt):
    # A hair more than a half, because 194 colours lie half-way, give or take a rounding.
    x, y = (np.floor(_y(saved(i)) + 0.5 + 1e-9) for i in (pred, gt))
    return psnr_from_mse(x, y, 255), gaussian_ssim(x, y, 255)


def _matlab_y_double(pred, gt):
    x, y = _y(saved(pred)), _y(saved(gt))
    similarity = gaussian_ssim(matlab_downsample(x), matlab_downsample(y), 255)
    return psnr_from_mse(x / 255, y / 255, 1), similarity


def _pil_y_skimage(pred, gt):
    x, y = (np.asarray(Image.fromarray(saved(i)).convert("YCbCr"))[..., 0] for i in (pred, gt))
    return peak_signal_noise_ratio(y, x), structural_similarity(x, y)


def _rgb_float(pred, gt):
    pred, gt = (i / 255 if i.dtype == np.uint8 else i.astype(np.float64) for i in (pred, gt))
    return (
        psnr_from_mse(pred.clip(0, 1), gt.clip(0, 1), 1),
        zero_padded_ssim_of_large(pred, gt),
    )


def _rgb_float_valid(pred, gt):
    x, y = (i / 255 if i.dtype == np.uint8 else i.astype(np.float64) for i in (pred, gt))
    x, y = x.clip(0, 1), y.clip(0, 1)
    return psnr_from_mse(x, y, 1), gaussian_ssim(x, y, 1)


def _rgb_u8(pred, gt):
    x, y = saved(pred), saved(gt)
    return peak_signal_noise_ratio(y, x), gaussian_ssim(x, y, 255)


def _basicsr_y(pred, gt):
    x, y = _y(saved(pred)), _y(saved(gt))
    return psnr_from_mse(x, y, 255), gaussian_ssim(x, y, 255)


def _y_float(pred, gt):
    x, y = (i / 255 if i.dtype == np.uint8 else i.astype(np.float64) for i in (pred, gt))
    x, y = _y(x.clip(0, 1)) / 255, _y(y.clip(0, 1)) / 255
    return psnr_from_mse(x, y, 1), gaussian_ssim(x, y, 1)


def _rgb_skimage(pred, gt):
    x, y = (i / 255 if i.dtype == np.uint8 else i.astype(np.float64) for i in (pred, gt))
    x, y = x.clip(0, 1), y.clip(0, 1)
    similarity = structural_similarity(y, x, data_range=1, channel_axis=-1)
    return peak_signal_noise_ratio(y, x, data_range=1), similarity


#: Protocol name to (pred, gt) -> (PSNR, SSIM).
REFERENCES = {
    "matlab_y_u8": _matlab_y_u8,
    "matlab_y_double": _matlab_y_double,
    "pil_y_skimage": _pil_y_skimage,
    "rgb_float": _rgb_float,
    "rgb_float_valid": _rgb_float_valid,
    "rgb_u8": _rgb_u8,
    "basicsr_y": _basicsr_y,
    "y_float": _y_float,
    "rgb_skimage": _rgb_skimage,
}
