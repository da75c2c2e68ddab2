"""The augmentation of DCSFN's released code."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .paired import PairedTransform

_MAX_DEGREES = 30


class _Drawn(NamedTuple):
    top: int
    left: int
    height: int
    width: int
    mirrored: bool
    degrees: int


@TRANSFORMS.register_module()
class DCSFNAugment(PairedTransform):
    """Random crop, resize, flip and rotation: DCSFN's ``aug_data=True``.

    Height and width of the crop are drawn separately from 3/4 to 5/4 of the patch (48 to 80
    for 64), and the crop is resized to the patch (bilinear). Half of the patches are mirrored
    left to right. Each is rotated about its centre by a whole number of degrees within ±30
    (bilinear), which leaves the corners black in both images.

    Departures from the released code (``config/dataset.py``): its ``randint`` excludes the upper
    bound, so the window never touches the bottom or the right edge, an image as large as the
    crop is an error, and +30° is never drawn. Here the bounds are included. The released code
    interpolates floats; here pixels stay uint8 and are rounded after the resize and after the
    rotation.

    Args:
        patch_size: Side of the patch in pixels.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> DCSFNAugment(patch_size=32)(sample)["lq"].shape
        (32, 32, 3)
    """

    def __init__(self, patch_size: int = 64) -> None:
        self.patch_size = patch_size

    @property
    def min_size(self) -> int:
        """The largest side of a crop: 5/4 of the patch."""
        return self.patch_size + self.patch_size // 4

    def draw(self, rng: np.random.Generator, height: int, width: int) -> _Drawn:
        quarter = self.patch_size // 4
        lowest, highest = self.patch_size - quarter, self.patch_size + quarter
        crop_height = int(rng.integers(lowest, highest, endpoint=True))
        crop_width = int(rng.integers(lowest, highest, endpoint=True))
        top = int(rng.integers(height - crop_height, endpoint=True))
        left = int(rng.integers(width - crop_width, endpoint=True))
        mirrored = bool(rng.random() < 0.5)
        degrees = int(rng.integers(-_MAX_DEGREES, _MAX_DEGREES, endpoint=True))
        return _Drawn(top, left, crop_height, crop_width, mirrored, degrees)

    def apply(self, image: Image, drawn: _Drawn) -> Image:
        side = self.patch_size
        patch = image[drawn.top : drawn.top + drawn.height, drawn.left : drawn.left + drawn.width]
        patch = cv2.resize(patch, (side, side))
        if drawn.mirrored:
            patch = patch[:, ::-1]
        centre = (side // 2, side // 2)
        rotation = cv2.getRotationMatrix2D(centre, drawn.degrees, 1)
        rotated: Image = cv2.warpAffine(patch, rotation, (side, side))
        return rotated

    def __repr__(self) -> str:
        return f"{type(self).__name__}(patch_size={self.patch_size})"
