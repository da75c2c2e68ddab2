"""Clean images in smaller sizes, for networks that are trained at several."""

from __future__ import annotations

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

from restorekit.errors import ConfigError

from .precision import without_autocast

#: Returns images (N, C, H, W) in the height and width of its second argument.
Resize = Callable[[Tensor, tuple[int, int]], Tensor]


def bilinear(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Return images resized bilinearly in one step, without a filter before.

    As ConvIR and SFNet make their targets: half the size is the mean of 2×2 pixels, a quarter the
    mean of the inner 2×2 of 4×4.
    """
    if images.shape[-2:] == size:
        return images
    return F.interpolate(images, size=size, mode="bilinear", align_corners=False)


def gaussian_pyramid(images: Tensor, size: tuple[int, int]) -> Tensor:
    """Return the level of a Gaussian pyramid that has a size.

    Each level is the one before, smoothed by the 5×5 binomial kernel (1, 4, 6, 4, 1)/16 with
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
            level = bilinear(_smooth(level), (height, width))
    return level


def _smooth(images: Tensor) -> Tensor:
    channels = images.shape[1]
    kernel = (images.new_tensor([1, 4, 6, 4, 1]) / 16).expand(channels, 1, 1, -1)
    images = F.pad(images, (2, 2, 2, 2), mode="reflect")
    images = F.conv2d(images, kernel, groups=channels)
    return F.conv2d(images, kernel.mT, groups=channels)


#: Ways of making the targets of outputs of another size, by the name that configs use.
RESIZES: dict[str, Resize] = {"bilinear": bilinear, "gaussian_pyramid": gaussian_pyramid}
