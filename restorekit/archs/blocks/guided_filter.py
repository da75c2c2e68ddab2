"""The guided filter, which gives the smooth base layer of an image."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.checks import require_int
from restorekit.errors import ConfigError
from restorekit.registry import MODELS


@MODELS.register_module()
class GuidedFilter(nn.Module):
    """Smooth each channel of an image, guided by that channel itself.

    He, Sun and Tang, "Guided Image Filtering", ECCV 2010, equations 5, 6 and 8 with the
    guide p = I: in each window of side 2r+1 the image is approximated by a·I + b with
    a = var / (var + eps) and b = (1 - a)·mean, and a and b are averaged over the windows
    that contain a pixel. Windows are cropped at the border, and their means are those of the
    pixels that remain.

    The defaults are DDN's (CVPR 2017, for images in [0, 1]; the code of SSIR has the same
    values). The demo of DDN's MATLAB release computes a and b from a subsampled image
    instead (He and Sun, "Fast Guided Filter", 2015) with ``radius=16, subsampling=4``: every
    fourth pixel, starting with the third, windows of radius 4, and a and b resized
    bilinearly. derain-toolbox guides by all three colours together, which is not supported.

    Args:
        radius: r, in pixels of the image; a multiple of ``subsampling``.
        eps: Variance, in units of the squared range of the image, up to which a window
            counts as flat; above zero.
        subsampling: Step between the pixels that a window consists of; 1 takes all.

    Raises:
        ConfigError: If a value is out of range.
    """

    def __init__(self, radius: int = 15, eps: float = 1.0, subsampling: int = 1) -> None:
        super().__init__()
        require_int(self, "radius", radius, 1)
        require_int(self, "subsampling", subsampling, 1)
        if radius % subsampling:
            raise ConfigError(
                f"GuidedFilter: radius={radius} cannot be used; give a multiple of "
                f"subsampling={subsampling}."
            )
        if eps <= 0:
            raise ConfigError(f"GuidedFilter: eps={eps!r} cannot be used; give a number above 0.")
        self.radius = radius
        self.eps = eps
        self.subsampling = subsampling

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Return the base layer of images (N, C, H, W), in their type.

        The filter works in float32 or float64: a variance is a small difference of large
        numbers, which half precision loses. Autocast does not change these operations.
        """
        image = x.to(torch.promote_types(x.dtype, torch.float32))
        guide = _subsample(image, self.subsampling)
        radius = self.radius // self.subsampling
        mean = box_mean(guide, radius)
        variance = box_mean(guide.square(), radius) - mean.square()
        a = variance / (variance + self.eps)
        b = mean - a * mean
        a, b = box_mean(a, radius), box_mean(b, radius)
        if self.subsampling > 1:
            size = image.shape[-2:]
            a, b = (F.interpolate(c, size=size, mode="bilinear") for c in (a, b))
        return (a * image + b).to(x.dtype)


def box_mean(x: torch.Tensor, radius: int) -> torch.Tensor:
    """Average over square windows of side 2·radius+1, cropped at the border.

    Averaging along columns and then along rows gives the same result, since the number of
    pixels in a cropped window is the product of its sides.

    Args:
        x: Images (N, C, H, W).
        radius: Radius of the windows in pixels.
    """
    for axis in range(2):
        side, padding = [1, 1], [0, 0]
        side[axis], padding[axis] = 2 * radius + 1, radius
        x = F.avg_pool2d(x, side, stride=1, padding=padding, count_include_pad=False)
    return x


def _subsample(x: torch.Tensor, step: int) -> torch.Tensor:
    """Keep the middle one of every ``step`` pixels, as MATLAB's nearest ``imresize`` does."""
    if step == 1:
        return x
    for dim in (-2, -1):
        side = x.shape[dim]
        index = torch.arange(step // 2, step * -(-side // step), step, device=x.device)
        # Beyond its border the image is mirrored, with its last pixel repeated.
        mirrored = torch.where(index < side, index, 2 * side - 1 - index)
        x = x.index_select(dim, mirrored.clamp_min(0))
    return x
