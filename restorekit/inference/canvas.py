"""Where tiles are read from and written to: arrays in CPU memory, or tensors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from restorekit.io.tensors import require_finite

from .parts import Box


class Canvas(ABC):
    """An image that is restored part by part.

    Attributes:
        height: Number of rows.
        width: Number of columns.
    """

    height: int
    width: int

    @abstractmethod
    def read(self, box: Box, device: torch.device) -> torch.Tensor:
        """Return a part of the input as float32 (3, h, w) in [0, 1] on a device."""

    @abstractmethod
    def write(self, box: Box, restored: torch.Tensor) -> None:
        """Keep a restored part, floating point (3, h, w), on any device.

        Raises:
            CheckpointError: If it is not finite.
        """


class ArrayCanvas(Canvas):
    """An array (H, W, 3) that stays as it is in CPU memory; the result is one of the same type.

    Args:
        rgb: uint8, uint16, or floats in [0, 1]; any view.
        name: What error messages call it.
        strength: 1 for the network's output, 0 for the input, in between a blend.

    Attributes:
        result: The restored image.
    """

    def __init__(self, rgb: npt.NDArray[Any], name: str, strength: float = 1.0) -> None:
        self.height, self.width = rgb.shape[:2]
        self.result = np.empty(rgb.shape, rgb.dtype)
        self._rgb, self._name, self._strength = rgb, name, strength
        whole = not np.issubdtype(rgb.dtype, np.floating)
        self._levels = float(np.iinfo(rgb.dtype).max) if whole else None

    def read(self, box: Box, device: torch.device) -> torch.Tensor:
        """Return a part; bytes are moved to the device, not floats, where the image is uint8."""
        part = self._rgb[box.top : box.bottom, box.left : box.right]
        # Torch has few operations for uint16.
        kind = np.uint8 if part.dtype == np.uint8 else np.float32
        pixels = torch.from_numpy(np.array(part, kind, order="C"))
        lq = pixels.to(device).permute(2, 0, 1).float()
        return lq / self._levels if self._levels else lq

    def write(self, box: Box, restored: torch.Tensor) -> None:
        """Clamp, blend with the input, round (halves to even), and store."""
        require_finite(restored, self._name)
        pred = restored.float().clamp(0, 1)
        if self._strength < 1:
            pred = torch.lerp(self.read(box, pred.device), pred, self._strength)
        if self._levels:
            pred = (pred * self._levels).round_()
        pixels = pred.permute(1, 2, 0).cpu().numpy()
        self.result[box.top : box.bottom, box.left : box.right] = pixels


class TensorCanvas(Canvas):
    """A float tensor (3, H, W) in [0, 1]; the result is float32 on its device, not clamped.

    Args:
        lq: The input.
        name: What error messages call it.

    Attributes:
        result: The restored image.
    """

    def __init__(self, lq: torch.Tensor, name: str) -> None:
        self.height, self.width = lq.shape[-2:]
        self.result = torch.empty_like(lq, dtype=torch.float32)
        self._lq, self._name = lq, name

    def read(self, box: Box, device: torch.device) -> torch.Tensor:
        """Return a part."""
        return self._lq[:, box.top : box.bottom, box.left : box.right].to(device).float()

    def write(self, box: Box, restored: torch.Tensor) -> None:
        """Store a part."""
        require_finite(restored, self._name)
        self.result[:, box.top : box.bottom, box.left : box.right] = restored
