"""Losses that compare pixel by pixel: L1, MSE and Charbonnier.

All take ``pred`` and ``gt`` of one shape, average over every element, multiply by
``loss_weight`` and return a scalar in float32 (float64 for float64 input), whatever
autocast is set to.
"""

from __future__ import annotations

from abc import abstractmethod

from torch import Tensor, nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .precision import full_precision_pair, without_autocast


class PixelLoss(nn.Module):
    """Base class of the pixel losses; a subclass gives the penalty of a difference.

    Args:
        loss_weight: Factor of the mean.
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return the weighted mean penalty.

        Args:
            pred: Restored images, (N, C, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.

        Raises:
            DataError: If the shapes differ.
        """
        with without_autocast(pred):
            pred, gt = full_precision_pair(pred, gt, type(self).__name__)
            return self.loss_weight * self.penalty(pred - gt).mean()

    @abstractmethod
    def penalty(self, difference: Tensor) -> Tensor:
        """Return the penalty of each element of ``pred - gt``."""


@MODELS.register_module()
class L1Loss(PixelLoss):
    """Mean absolute error.

    Args:
        loss_weight: Factor of the mean.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> L1Loss()(pred, gt)
        tensor(0.1000)
    """

    def penalty(self, difference: Tensor) -> Tensor:
        return difference.abs()


@MODELS.register_module()
class MSELoss(PixelLoss):
    """Mean squared error.

    Args:
        loss_weight: Factor of the mean.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> MSELoss()(pred, gt)
        tensor(0.0100)
    """

    def penalty(self, difference: Tensor) -> Tensor:
        return difference.square()


@MODELS.register_module()
class CharbonnierLoss(PixelLoss):
    """Mean of sqrt(difference² + eps²), an L1 that is smooth at zero.

    From Lai et al., "Deep Laplacian Pyramid Networks", CVPR 2017, eq. 3. Note that some
    code bases call the square, eps², "eps".

    Args:
        eps: Difference below which the loss turns quadratic, in units of the image
            range; above zero.
        loss_weight: Factor of the mean.

    Raises:
        ConfigError: If ``eps`` is not above zero; the gradient at zero would be NaN.

    Example:
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> CharbonnierLoss(eps=0.1)(pred, gt)
        tensor(0.1414)
    """

    def __init__(self, eps: float = 1e-3, loss_weight: float = 1.0) -> None:
        super().__init__(loss_weight)
        if eps <= 0:
            raise ConfigError(
                f"{type(self).__name__}: eps is {eps}, but must be above zero; 1e-3 is usual, and "
                "L1Loss is the loss without it."
            )
        self.eps = eps

    def penalty(self, difference: Tensor) -> Tensor:
        return (difference.square() + self.eps**2).sqrt()
