"""Mirror and rotate both images."""

from __future__ import annotations

import numpy as np

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .checks import require_share
from .paired import PairedTransform


@TRANSFORMS.register_module()
class PairedFlip(PairedTransform):
    """Mirror both images, or neither.

    Args:
        horizontal: Probability of swapping left and right.
        vertical: Probability of swapping top and bottom; 0 by default, since rain falls down.

    Raises:
        ConfigError: If a probability is not from 0 to 1.

    Example:
        >>> row = np.arange(6, dtype=np.uint8).reshape(1, 2, 3)
        >>> PairedFlip(horizontal=1)(dict(lq=row, rng=np.random.default_rng(0)))["lq"].tolist()
        [[[3, 4, 5], [0, 1, 2]]]
    """

    keeps_size = True

    def __init__(self, horizontal: float = 0.5, vertical: float = 0.0) -> None:
        self.horizontal = require_share(self, "horizontal", horizontal)
        self.vertical = require_share(self, "vertical", vertical)

    def draw(self, rng: np.random.Generator, height: int, width: int) -> tuple[bool, bool]:
        """Return whether to mirror horizontally and vertically."""
        across, down = rng.random(2)
        return bool(across < self.horizontal), bool(down < self.vertical)

    def apply(self, image: Image, drawn: tuple[bool, bool]) -> Image:
        across, down = drawn
        return image[:: -1 if down else 1, :: -1 if across else 1]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(horizontal={self.horizontal}, vertical={self.vertical})"


@TRANSFORMS.register_module()
class PairedRotate90(PairedTransform):
    """Rotate both images by 0, 90, 180 or 270 degrees with equal probability.

    Half of the rotations swap height and width, so a batch needs square patches.

    Example:
        >>> sample = dict(lq=clean, gt=clean, rng=np.random.default_rng(0))
        >>> sorted(PairedRotate90()(sample)["lq"].shape)
        [3, 48, 64]
    """

    def draw(self, rng: np.random.Generator, height: int, width: int) -> int:
        return int(rng.integers(4))

    def apply(self, image: Image, drawn: int) -> Image:
        return np.rot90(image, drawn)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
