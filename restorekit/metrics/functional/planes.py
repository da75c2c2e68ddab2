"""One channel of a restored image and of its ground truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[Any]


@dataclass(frozen=True)
class Planes:
    """What is compared, on a scale of its own: ``value * unit + zero`` lies in 0 to 255.

    Attributes:
        pred: (H, W), contiguous: uint8, float32 or float64.
        gt: The same shape and type.
        unit: How large a difference of one is.
        zero: What zero stands for.
    """

    pred: Plane
    gt: Plane
    unit: float = 1.0
    zero: float = 0.0

    def squared_error(self) -> float:
        """Return the sum of squared differences; exact in integers for uint8."""
        return float(cv2.norm(self.pred, self.gt, cv2.NORM_L2SQR)) * self.unit**2

    def levels(self) -> tuple[Plane, Plane]:
        """Return both on the scale 0 to 255, uint8 as they are and others as float64."""
        if (self.unit, self.zero) == (1, 0):
            return self.pred, self.gt
        pred, gt = (np.multiply(one, self.unit, dtype=np.float64) for one in (self.pred, self.gt))
        pred += self.zero
        gt += self.zero
        return pred, gt
