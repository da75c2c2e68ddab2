"""Decide how certain it is that two aligned images show the same photograph.

Structure is compared: edges and texture, with contrast equalised everywhere, so that sky counts
little and no single edge decides. Two numbers result. The *correlation* of a copy is nearly 1, and
that of two photographs of one scene is lower, but rain on one of them lowers it, too. The *lead* is
by how much it exceeds the correlation at any displacement: even under rain, the remaining structure
of a copy fits at one position only, while two different photographs fit there hardly better than
elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from .alignment import Grey

#: Standard deviations of the two Gaussians whose difference is the structure, in pixels.
_FINE, _COARSE = 0.8, 3.0
#: Size of the neighbourhood in which contrast is equalised, and the contrast (grey levels) that
#: counts as none.
_NEIGHBOURHOOD, _NOISE = 5.0, 4.0
#: Displacements in pixels: up to the first is the same position, from the second on another one,
#: and the third is the largest.
_HERE, _ELSEWHERE, _FARTHEST = 1, 5, 24
#: Share of the smaller image that the larger one must cover.
_COVERED = 0.4
#: A larger lead does not separate copies from other photographs any better.
_ENOUGH_LEAD = 0.15


@dataclass(frozen=True)
class Agreement:
    """The agreement of two images.

    Attributes:
        correlation: Correlation of their structure, -1 to 1.
        lead: By how much it exceeds the correlation at any displacement, at most 1.
    """

    correlation: float
    lead: float

    def score(self, *, clean: bool) -> float:
        """Return the certainty that they are one photograph, 0 to 1; from 0.5 on they are.

        The curves were fitted on BSDS500, Rain800, Rain100L and Rain200H, and on rain rendered
        onto BSDS500; ``docs/leaks.md`` has the figures. An exact copy reaches 0.5 even where the
        image shows only a horizon, along which displacements change nothing.

        Args:
            clean: Whether both images are known to be free of rain. If not, partial agreement
                of the structure counts as well.
        """
        lead = min(self.lead, _ENOUGH_LEAD) / _ENOUGH_LEAD
        copied = _logistic(30 * (self.correlation - 0.83) - 5 * (1 - lead))
        if clean:
            return copied
        rained_on = _logistic(40 * (self.lead - 0.16) + 8 * (self.correlation - 0.4))
        return max(copied, rained_on)


def agreement(part: Grey, warped: Grey, inside: npt.NDArray[np.bool_]) -> Agreement:
    """Compare two aligned images.

    Args:
        part: The first image, (h, w), [0, 255].
        warped: The second image, aligned with it.
        inside: Where ``warped`` has pixels.
    """
    mask = cv2.erode(inside.astype(np.float32), np.ones((5, 5)), borderType=cv2.BORDER_REPLICATE)
    if mask.mean() < _COVERED:
        return Agreement(0.0, 0.0)
    one = _structure(part) * mask
    other = _structure(np.where(inside, warped, part.mean())) * mask
    correlations = _correlations(one, other, mask)
    rows, columns = (np.abs(np.arange(side) - side // 2) for side in correlations.shape)
    distance = np.maximum(rows[:, None], columns)
    here = float(correlations[distance <= _HERE].max())
    elsewhere = float(correlations[distance >= _ELSEWHERE].max(initial=0))
    return Agreement(here, here - elsewhere)


def _structure(image: Grey) -> Grey:
    fine, coarse = (cv2.GaussianBlur(image, (0, 0), deviation) for deviation in (_FINE, _COARSE))
    detail = fine - coarse
    energy = cv2.GaussianBlur(detail * detail, (0, 0), _NEIGHBOURHOOD)
    structure: Grey = detail / np.sqrt(energy + _NOISE**2)
    return structure


def _correlations(one: Grey, other: Grey, mask: Grey) -> npt.NDArray[np.float64]:
    """Return the correlation at every displacement; the centre is that without displacement.

    Each is normalised by the energy of both images where they overlap.
    """
    reach = [min(side // 2, _FARTHEST) for side in one.shape]
    size = [cv2.getOptimalDFTSize(side + far) for side, far in zip(one.shape, reach, strict=True)]
    spectra = [np.fft.rfft2(image, size) for image in (one, other, one * one, other * other, mask)]

    def correlated(first: int, second: int) -> npt.NDArray[np.float64]:
        moved = np.fft.irfft2(spectra[first] * spectra[second].conj(), size)
        centred = np.roll(moved, reach, (0, 1))
        return centred[: 2 * reach[0] + 1, : 2 * reach[1] + 1]

    energy = correlated(2, 4) * correlated(4, 3)
    return correlated(0, 1) / np.sqrt(np.maximum(energy, 1.0))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))
