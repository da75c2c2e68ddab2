"""Losses: torch modules called as ``loss(pred, gt)``, built by name through ``MODELS``.

A loss returns either a scalar tensor or, like :class:`SumLoss`, a dict of named scalar
tensors whose sum is the loss; :func:`as_loss_dict` turns both into what mmengine expects.
"""

from __future__ import annotations

from .pixel import CharbonnierLoss, L1Loss, MSELoss
from .ssim import SSIMLoss, mean_ssim
from .sum_loss import SumLoss, as_loss_dict

__all__ = [
    "CharbonnierLoss",
    "L1Loss",
    "MSELoss",
    "SSIMLoss",
    "SumLoss",
    "as_loss_dict",
    "mean_ssim",
]
