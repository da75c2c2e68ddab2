"""Between what a caller has (array, PIL image, tensor) and RGB arrays, and back the same way."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from restorekit.errors import DataError
from restorekit.io.images import read_image

#: (H, W, 3), RGB: uint8, uint16, or floating point in [0, 1].
RGB: TypeAlias = npt.NDArray[Any]
#: Turns a restored RGB array into what the caller gave.
Rebuild: TypeAlias = Callable[[RGB], Any]

_PIL_MODES = {"1": "L", "P": "RGB", "PA": "RGBA", "L": "L", "LA": "LA", "RGB": "RGB"}
_PIL_MODES |= {"RGBA": "RGBA", "I;16": "I;16"}


def unpack(image: Any) -> tuple[RGB, Rebuild]:
    """Return the colours of one image, and how to give back the same kind of image.

    Alpha is kept as it is, and grey becomes three equal channels, whose restored mean is grey
    again. An array of floats is clipped to [0, 1] when it is rebuilt.

    Args:
        image: A path; an array (H, W), (H, W, 1) or (H, W, 2) (grey, grey and alpha), (H, W, 3)
            or (H, W, 4); a PIL image; a tensor (C, H, W) with as many channels.

    Raises:
        DataError: If it is something else, or a path that cannot be read.
    """
    if isinstance(image, (str, os.PathLike)):
        return read_image(image), lambda restored: restored
    if isinstance(image, Image.Image):
        return _unpack_pil(image)
    if isinstance(image, torch.Tensor):
        return _unpack_tensor(image)
    if isinstance(image, np.ndarray):
        return _unpack_array(image)
    raise DataError(
        f"A {type(image).__name__} is not an image: give a path, a NumPy array, a PIL image or a "
        "tensor."
    )


def is_batch(image: Any) -> bool:
    """Return whether ``image`` is several: a list or tuple, an array or tensor of 4 dimensions."""
    return isinstance(image, (list, tuple)) or getattr(image, "ndim", 0) == 4


def _unpack_array(array: npt.NDArray[Any]) -> tuple[RGB, Rebuild]:
    floating = np.issubdtype(array.dtype, np.floating)
    if array.dtype not in (np.uint8, np.uint16) and not floating:
        raise DataError(
            f"An image of type {array.dtype} cannot be restored: give uint8, uint16, or floats in "
            "[0, 1]."
        )
    channels = array.shape[2] if array.ndim == 3 else 1
    if array.ndim not in (2, 3) or not 1 <= channels <= 4:
        raise DataError(
            f"An array of shape {array.shape} is not an image: give (H, W) or (H, W, C) with 1 to "
            "4 channels (grey, grey and alpha, RGB, RGB and alpha)."
        )
    if 0 in array.shape:
        raise DataError(f"An image of shape {array.shape} is empty and cannot be restored.")
    if floating and not np.isfinite(array).all():
        raise DataError("The image holds NaN or infinity; give floats in [0, 1].")
    if channels == 3:
        return array, lambda restored: restored.astype(array.dtype, copy=False)
    colours = array[..., :3] if channels == 4 else array.reshape(*array.shape[:2], -1)[..., :1]
    # A view: grey costs no memory.
    rgb = np.broadcast_to(colours, (*array.shape[:2], 3)) if channels < 3 else colours

    def rebuild(restored: RGB) -> npt.NDArray[Any]:
        result: npt.NDArray[Any] = array.copy()
        if channels == 4:
            result[..., :3] = restored
        else:
            flat = result.reshape(*array.shape[:2], -1)
            flat[..., 0] = _grey(restored, array.dtype)
            result = flat.reshape(array.shape)
        return result

    return rgb, rebuild


def _grey(rgb: RGB, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    if np.issubdtype(dtype, np.floating):
        mean = rgb.mean(axis=2)
    else:
        mean = (rgb.sum(axis=2, dtype=np.uint32) + 1) // 3
    grey: npt.NDArray[Any] = mean.astype(dtype)
    return grey


def _unpack_pil(image: Image.Image) -> tuple[RGB, Rebuild]:
    mode = _PIL_MODES.get(image.mode)
    if mode is None:
        raise DataError(
            f"A PIL image of mode {image.mode} cannot be restored: convert it first, for example "
            'with `image.convert("RGB")`.'
        )
    if image.mode == "P" and "transparency" in image.info:
        mode = "RGBA"
    array = np.asarray(image if image.mode == mode else image.convert(mode))
    rgb, rebuild = _unpack_array(array)

    def back(restored: RGB) -> Image.Image:
        result = Image.fromarray(rebuild(restored))
        result.info = {k: v for k, v in image.info.items() if k != "transparency"}
        return result

    return rgb, back


def _unpack_tensor(tensor: torch.Tensor) -> tuple[RGB, Rebuild]:
    if tensor.ndim != 3 or not 1 <= tensor.shape[0] <= 4:
        raise DataError(
            f"A tensor of shape {tuple(tensor.shape)} is not an image: give (C, H, W) or "
            "(N, C, H, W) with 1 to 4 channels."
        )
    cpu = tensor.detach().cpu()
    array = (cpu.float() if cpu.dtype == torch.bfloat16 else cpu).permute(1, 2, 0).numpy()
    rgb, rebuild = _unpack_array(array)

    def back(restored: RGB) -> torch.Tensor:
        result = torch.from_numpy(np.ascontiguousarray(rebuild(restored)))
        return result.permute(2, 0, 1).contiguous().to(tensor.device, tensor.dtype)

    return rgb, back
