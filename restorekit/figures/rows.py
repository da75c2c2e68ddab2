"""What a comparison shows of one image."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from restorekit.io.images import Image
from restorekit.metrics.plan import Plan, Value

from .boxes import Box

GROUND_TRUTH = "Ground truth"

Errors = dict[str, npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Row:
    """One image of a comparison.

    Attributes:
        name: Name of the image.
        images: Heading of a column to the image in it, in the order of the columns.
        methods: The headings that are labels of methods.
        values: Heading to key to value, such as ``psnr/rgb_u8``.
        boxes: The parts that are shown enlarged.
    """

    name: str
    images: Mapping[str, Image]
    methods: Sequence[str]
    values: Mapping[str, Mapping[str, Value]]
    boxes: Sequence[Box]

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        height, width = next(iter(self.images.values())).shape[:2]
        return height, width

    def errors(self) -> Errors:
        """Return the absolute error of each image against the ground truth, (H, W), in levels."""
        gt = self.images[GROUND_TRUTH].astype(np.float32)
        return {
            heading: np.abs(image - gt).mean(axis=2)
            for heading, image in self.images.items()
            if heading != GROUND_TRUTH
        }

    def captions(self, plan: Plan) -> list[str]:
        """Return the text below each column: its numbers; below the ground truth, their names."""
        measures = {key: quantity.measure for key, quantity in plan.quantities.items()}
        explained = GROUND_TRUTH in self.images
        captions = []
        for heading in self.images:
            parts = []
            for key, measure in measures.items():
                value = self.values.get(heading, {}).get(key, "")
                number = "–" if isinstance(value, str) else f"{value:.{measure.digits}f}"
                if heading == GROUND_TRUTH:
                    number = f"{measure.label} ({measure.unit})" if measure.unit else measure.label
                parts.append(number if explained else f"{measure.label} {number}")
            captions.append(" / ".join(parts))
        return captions
