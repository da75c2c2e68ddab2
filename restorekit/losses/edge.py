"""A Charbonnier loss of edges, which a Laplacian finds."""

from __future__ import annotations

import torch
from torch import Tensor

from restorekit.registry import MODELS

from .pixel import CharbonnierLoss
from .pyramid import smooth

#: Burt and Adelson's generating kernel with a = 0.4.
_KERNEL = (0.05, 0.25, 0.4, 0.25, 0.05)


@MODELS.register_module()
class EdgeLoss(CharbonnierLoss):
    """Mean of sqrt(Δ² + eps²), where Δ is the difference of the images' Laplacians.

    The Laplacian is a level of Burt and Adelson's pyramid (IEEE TCOM 1983): the image minus a
    copy that was smoothed, reduced to every second pixel, and expanded again. Its kernel has five
    taps, and borders are replicated. From Zamir et al., "Multi-Stage Progressive Image
    Restoration", CVPR 2021, eq. 4, as released; NeRD-Rain uses the same.

    Args:
        eps: Difference below which the loss turns quadratic; above zero.
        loss_weight: Factor of the mean; 0.05 in MPRNet and NeRD-Rain.

    Raises:
        ConfigError: If ``eps`` is not above zero.

    Example:
        >>> images = torch.rand(1, 3, 16, 16)
        >>> EdgeLoss(eps=1e-3)(images, images)
        tensor(0.0010)
    """

    def penalty(self, difference: Tensor) -> Tensor:
        """Return the Charbonnier penalty of each pixel of the difference's Laplacian."""
        # The Laplacian is linear: that of the difference is the difference of the two.
        return super().penalty(laplacian(difference))


def laplacian(images: Tensor) -> Tensor:
    """Return each image minus its smoothed, reduced and expanded copy; see :class:`EdgeLoss`.

    Args:
        images: (N, C, H, W), any size.
    """
    reduced = torch.zeros_like(images)
    # Three of four pixels stay zero, which the factor makes up for.
    reduced[..., ::2, ::2] = 4 * smooth(images, _KERNEL, "replicate")[..., ::2, ::2]
    return images - smooth(reduced, _KERNEL, "replicate")
