"""From predictions to pictures: what the hooks that write images share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from restorekit.io.tensors import to_hwc
from restorekit.metrics.functional.color import to_uint8

#: Width in pixels of the white line between the pictures of a row.
GAP = 4


def to_picture(image: torch.Tensor) -> npt.NDArray[np.uint8]:
    """Return a float RGB image (3, H, W), nominally in [0, 1], as uint8 (H, W, 3).

    Clamped and rounded as the protocols with uint8 quantisation do it.
    """
    return to_uint8(to_hwc(image))


def comparison(sample: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """Return ``rainy | derained | clean`` of one prediction as one uint8 RGB picture.

    Without a ground truth the row ends after the derained image.
    """
    pictures = [to_picture(sample[key]) for key in ("lq", "pred", "gt") if key in sample]
    white = np.full((pictures[0].shape[0], GAP, 3), 255, dtype=np.uint8)
    row = [pictures[0]]
    for picture in pictures[1:]:
        row += [white, picture]
    return np.concatenate(row, axis=1)
