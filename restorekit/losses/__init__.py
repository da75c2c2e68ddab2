"""Losses: torch modules called as ``loss(pred, gt)``, built by name through ``MODELS``.

A loss returns either a scalar tensor or, like :class:`SumLoss`, a dict of named scalar
tensors whose sum is the loss. One with ``needs_lq = True`` is called as ``loss(pred, gt, lq)``.
:func:`compute_losses` calls any of them and returns what mmengine expects.
"""

from __future__ import annotations

from .edge import EdgeLoss
from .fft import FFTLoss
from .frequency_contrast import FrequencyContrastLoss
from .gaussian_mixture import ZeroMeanMixture
from .perceptual import PerceptualLoss
from .pixel import CharbonnierLoss, L1Loss, MSELoss
from .psnr import PSNRLoss
from .rain_mixture import RainMixtureLoss
from .rehen import InversePSNRLoss, LogSSIMLoss
from .ssim import SSIMLoss, mean_ssim
from .sum_loss import SumLoss, as_loss_dict, compute_losses
from .total_variation import TotalVariationLoss

__all__ = [
    "CharbonnierLoss",
    "EdgeLoss",
    "FFTLoss",
    "FrequencyContrastLoss",
    "InversePSNRLoss",
    "L1Loss",
    "LogSSIMLoss",
    "MSELoss",
    "PSNRLoss",
    "PerceptualLoss",
    "RainMixtureLoss",
    "SSIMLoss",
    "SumLoss",
    "TotalVariationLoss",
    "ZeroMeanMixture",
    "as_loss_dict",
    "compute_losses",
    "mean_ssim",
]
