"""Turn the arrays of a sample into tensors."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform

from restorekit.io.images import Image
from restorekit.registry import TRANSFORMS

from .paired import IMAGE_KEYS


@TRANSFORMS.register_module()
class PackInputs(BaseTransform):
    """Turn (H, W, 3) images into (3, H, W) tensors with their own memory: the last transform.

    Pixels stay uint8. Besides the images only ``name`` and ``index`` are kept, which the
    default collate function can batch. Datasets that assemble whole batches call
    :func:`copy_planes` instead.

    Example:
        >>> packed = PackInputs()(dict(lq=clean, gt=clean, name="photo", index=0))
        >>> packed["lq"].shape, packed["lq"].dtype
        (torch.Size([3, 48, 64]), torch.uint8)
    """

    keeps_size = True

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Return a dict with ``name``, ``index``, and ``lq`` and ``gt`` where present."""
        packed = {key: results[key] for key in ("name", "index")}
        for key in IMAGE_KEYS:
            image = results.get(key)
            if image is not None:
                height, width, channels = image.shape
                planes = np.empty((channels, height, width), image.dtype)
                copy_planes(image, planes)
                packed[key] = torch.from_numpy(planes)
        return packed

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


def copy_planes(image: Image, planes: Image) -> None:
    """Copy an image, which may be any view, from (H, W, 3) to ``planes``, (3, H, W).

    The rows of a crop are far apart in memory. Gathering them first lets the processor wait
    for several at once; separating the channels directly takes twice as long.
    """
    if image.dtype != np.uint8 or image.shape[2] != 3 or image.strides[2] != 1:
        planes[...] = image.transpose(2, 0, 1)
        return
    gathered = image if image.flags.c_contiguous else _gather_rows(image)
    if gathered.flags.c_contiguous:
        # OpenCV writes into these, since they have the size and type of the result.
        cv2.split(gathered, [planes[0], planes[1], planes[2]])
    else:
        planes[...] = gathered.transpose(2, 0, 1)


def _gather_rows(image: Image) -> Image:
    """Return an equal array: a view, with the same mirroring and rotation, of a gathered copy."""
    down, across, _ = image.strides
    transposed = abs(down) < abs(across)
    if transposed:
        image, down, across = image.swapaxes(0, 1), across, down
    if down < 0 or across < 0:
        steps = np.s_[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1]
        rows = np.ascontiguousarray(image[steps])[steps]
    else:
        rows = np.ascontiguousarray(image)
    return rows.swapaxes(0, 1) if transposed else rows
