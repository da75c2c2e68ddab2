"""SSIM as the released code of DCSFN and PReNet computes it, in a few plain lines."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def mean_ssim(pred: Tensor, gt: Tensor) -> Tensor:
    """Return the mean SSIM, from five convolutions with the full 11×11 window.

    Args:
        pred: Images (N, C, H, W) in [0, 1].
        gt: Images of the same shape.
    """
    channels = pred.shape[1]
    offsets = torch.arange(11, dtype=pred.dtype, device=pred.device) - 5
    line = torch.exp(-offsets.square() / (2 * 1.5**2))
    window = torch.outer(line, line) / line.sum().square()
    window = window.expand(channels, 1, 11, 11).contiguous()

    def smooth(images: Tensor) -> Tensor:
        return F.conv2d(images, window, padding=5, groups=channels)

    mean_pred, mean_gt = smooth(pred), smooth(gt)
    variance_pred = smooth(pred * pred) - mean_pred**2
    variance_gt = smooth(gt * gt) - mean_gt**2
    covariance = smooth(pred * gt) - mean_pred * mean_gt
    c1, c2 = 0.01**2, 0.03**2
    numerator = (2 * mean_pred * mean_gt + c1) * (2 * covariance + c2)
    denominator = (mean_pred**2 + mean_gt**2 + c1) * (variance_pred + variance_gt + c2)
    mean: Tensor = (numerator / denominator).mean()
    return mean
