"""Images to compute SSIM of, and its textbook form: for the loss and its accelerated form."""

from __future__ import annotations

import torch
import torch.nn.functional as F


def pair(*shape: int, dtype: torch.dtype = torch.float32, seed: int = 0):
    """A smooth image and a noisy copy that leaves [0, 1] here and there."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(*shape[:2], 6, 7, generator=generator, dtype=torch.float64)
    gt = F.interpolate(coarse, size=shape[2:], mode="bicubic", align_corners=False).clamp(0, 1)
    pred = gt + 0.1 * torch.randn(*shape, generator=generator, dtype=torch.float64)
    return pred.to(dtype), gt.to(dtype)


def plain_ssim(x, y, size=11, sigma=1.5, data_range=1.0):
    """The textbook form: five 2-D convolutions, padded with zeros."""
    channels = x.shape[1]
    offsets = torch.arange(size, dtype=torch.float64) - size // 2
    window = torch.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * sigma**2))
    window = (window / window.sum()).to(x.dtype).repeat(channels, 1, 1, 1)

    def blur(image):
        return F.conv2d(image, window, padding=size // 2, groups=channels)

    mu_x, mu_y = blur(x), blur(y)
    var_x = blur(x * x) - mu_x**2
    var_y = blur(y * y) - mu_y**2
    cov = blur(x * y) - mu_x * mu_y
    c1, c2 = (0.01 * data_range) ** 2, (0.03 * data_range) ** 2
    ssim = ((2 * mu_x * mu_y + c1) * (2 * cov + c2)) / (
        (mu_x**2 + mu_y**2 + c1) * (var_x + var_y + c2)
    )
    return ssim.mean()
