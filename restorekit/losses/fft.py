"""L1 between the frequencies of two images."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .pixel import PixelLoss


@MODELS.register_module()
class FFTLoss(PixelLoss):
    """Mean absolute difference of the two-dimensional Fourier transforms, channel by channel.

    The transform is not normalised, so the loss grows with the size of the patches.

    * ``parts``: the mean over real and imaginary parts (MIMO-UNet, SFNet, ConvIR, SFHformer,
      BioIR, each with a weight of 0.1).
    * ``modulus``: the mean modulus of the complex difference (NeRD-Rain, weight 0.01).

    It is computed in float32 even under autocast, since torch.fft does not take bfloat16.

    Args:
        of: What the mean is taken of, ``parts`` or ``modulus``.
        loss_weight: Factor of the mean.

    Raises:
        ConfigError: If ``of`` is neither.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> FFTLoss()(pred, gt)
        tensor(0.0500)
    """

    def __init__(self, of: Literal["parts", "modulus"] = "parts", loss_weight: float = 1.0) -> None:
        super().__init__(loss_weight)
        if of not in ("parts", "modulus"):
            raise ConfigError(f"FFTLoss: of is {of!r}; use 'parts' or 'modulus'.")
        self.of = of

    def penalty(self, difference: Tensor) -> Tensor:
        """Return the size of each frequency of the difference."""
        # The transform is linear: that of the difference is the difference of the two.
        parts = torch.view_as_real(torch.fft.fft2(difference))
        return parts.abs() if self.of == "parts" else torch.linalg.vector_norm(parts, dim=-1)
