"""Turn the data loader's batches into input for networks."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor

from restorekit.registry import MODELS


@MODELS.register_module()
class ImageDataPreprocessor(BaseDataPreprocessor):
    """Moves a batch to the device and turns uint8 pixels into float32 in [0, 1].

    The one place where the range of pixels changes. Pixels travel to the device as uint8,
    a quarter of the bytes. Entries other than ``lq``, ``gt`` and ``unlabelled`` pass through.
    """

    def forward(self, data: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Return the batch on the device, with its images float32 (N, 3, H, W)."""
        batch = dict(data)
        for key in ("lq", "gt", "unlabelled"):
            image = batch.get(key)
            if image is not None:
                image = image.to(self.device, non_blocking=self._non_blocking)
                batch[key] = image.float().div_(255) if image.dtype == torch.uint8 else image
        return batch
