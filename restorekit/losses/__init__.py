"""Losses: torch modules called as ``loss(pred, gt)``, built by name through ``MODELS``.

A loss returns either a scalar tensor or, like :class:`SumLoss`, a dict of named scalar
tensors whose sum is the loss; :func:`as_loss_dict` turns both into what mmengine expects.
"""

from __future__ import annotations

from .gaussian_mixture import ZeroMeanMixture
from .pixel import CharbonnierLoss, L1Loss, MSELoss
from .rain_mixture import RainMixtureLoss
from .rehen import InversePSNRLoss, LogSSIMLoss
from .ssim import SSIMLoss, mean_ssim
from .sum_loss import SumLoss, as_loss_dict
from .total_variation import TotalVariationLoss

__all__ = [
    "CharbonnierLoss",
    "InversePSNRLoss",
    "L1Loss",
    "LogSSIMLoss",
    "MSELoss",
    "RainMixtureLoss",
    "SSIMLoss",
    "SumLoss",
    "TotalVariationLoss",
    "ZeroMeanMixture",
    "as_loss_dict",
    "mean_ssim",
]
