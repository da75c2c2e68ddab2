"""What a restorer predicts for a small test set, as metrics get it."""

from __future__ import annotations

import numpy as np
import torch
from metric_references import photo, restored

NUM_IMAGES = 5
PROTOCOL_NAMES = ["rgb_u8", "matlab_y_double", "rgb_float"]


def to_tensor(image: np.ndarray) -> torch.Tensor:
    tensor = torch.from_numpy(image).permute(2, 0, 1)
    return tensor.float() / 255 if image.dtype == np.uint8 else tensor


def sample(index: int, with_gt: bool = True) -> dict:
    """Sample ``index``, whose size is its own."""
    gt = photo(30 + 2 * index, 40 - index, seed=index)
    lq = np.clip(gt.astype(int) + 40, 0, 255).astype(np.uint8)
    item = {
        "name": f"image-{index}",
        "index": index,
        "lq": to_tensor(lq),
        "pred": to_tensor(restored(gt, seed=index + 10)),
    }
    return item | {"gt": to_tensor(gt)} if with_gt else item
