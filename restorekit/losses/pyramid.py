"""Smaller versions of clean images, for networks that are trained at several sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from torch import Tensor

from restorekit.errors import ConfigError

from .precision import without_autocast

#: Returns images (N, C, H, W) in the height and width of its second argument.
Resize = Callable[[Tensor, tuple[int, int]], Tensor]
_BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


def bilinear(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Return images resized bilinearly in one step, without smoothing them first.

    ConvIR and SFNet make their targets this way: half the size is the mean of 2×2 pixels, a quarter
    the mean of the inner 2×2 of 4×4.
    """
    if images.shape[-2:] == size:
        return images
    return F.interpolate(images, size=size, mode="bilinear", align_corners=False)


def gaussian_pyramid(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the level of a Gaussian pyramid that has a size.

    Each level is the previous one, smoothed by the 5×5 binomial kernel (1, 4, 6, 4, 1)/16 with
    mirrored borders, and resized bilinearly to half its size: NeRD-Rain's targets.

    Raises:
        ConfigError: If no level has this size.
    """
    level = images
    with without_autocast(images):
        while level.shape[-2:] != size:
            height, width = (side // 2 for side in level.shape[-2:])
            if height < size[0] or width < size[1]:
                raise ConfigError(
                    f"A Gaussian pyramid of images of {images.shape[-2]}x{images.shape[-1]} pixels "
                    f"has no level of {size[0]}x{size[1]}; use targets='bilinear'."
                )
            level = bilinear(smooth(level, _BINOMIAL, "reflect"), (height, width))
    return level


def smooth(images: Tensor, taps: Sequence[float], borders: str) -> Tensor:
    """Filter each channel along its rows and then along its columns.

    Args:
        images: (N, C, H, W).
        taps: Five weights.
        borders: How images are extended: a mode of ``torch.nn.functional.pad``.
    """
    channels = images.shape[1]
    kernel = images.new_tensor(taps).expand(channels, 1, 1, -1)
    images = F.pad(images, (2, 2, 2, 2), mode=borders)
    images = F.conv2d(images, kernel, groups=channels)
    return F.conv2d(images, kernel.mT, groups=channels)


#: Ways to make targets of another size, by their names in configs.
RESIZES: dict[str, Resize] = {"bilinear": bilinear, "gaussian_pyramid": gaussian_pyramid}
