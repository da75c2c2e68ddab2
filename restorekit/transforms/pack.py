"""From arrays to the tensors of a batch: the one place where the layout changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from mmcv.transforms import BaseTransform

from restorekit.registry import TRANSFORMS

from .paired import IMAGE_KEYS


@TRANSFORMS.register_module()
class PackInputs(BaseTransform):
    """Ends a pipeline: (H, W, 3) arrays become (3, H, W) tensors of their own memory.

    Pixels stay uint8. Besides the images only ``name`` and ``index`` are kept, which is what
    torch's default collate can batch.
    """

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Return a dict with ``lq``, ``gt`` (those that are there), ``name``, ``index``."""
        packed = {key: results[key] for key in ("name", "index")}
        for key in IMAGE_KEYS:
            image = results.get(key)
            if image is not None:
                planes = np.array(image.transpose(2, 0, 1), order="C", copy=True)
                packed[key] = torch.from_numpy(planes)
        return packed

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
