"""SSIR's loss for rainy photographs that have no clean version."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restorekit.registry import MODELS

from .gaussian_mixture import ZeroMeanMixture
from .precision import full_precision_pair, without_autocast
from .total_variation import TotalVariationLoss


@MODELS.register_module()
class RainMixtureLoss(nn.Module):
    """The unsupervised terms of SSIR: a Gaussian mixture, total variation and a divergence.

    * ``loss_mixture``: the mean of Σ_k γ_k r² / (2σ_k²) over all values r of the residual
      (photograph minus restored photograph). The mixture's variances σ² and responsibilities
      γ are constants within a step.
    * ``loss_tv``: the total variation of the restored photograph.
    * ``loss_kl``: the smallest Kullback-Leibler divergence between the rain of the labelled
      images, taken as a Gaussian with its mean and variance, and a component. It depends on
      no weight of the network and so has no gradient, as in the released code; it only shows
      in the log how well the mixture fits.

    Wei et al., "Semi-supervised Transfer Learning for Image Rain Removal", CVPR 2019, with
    the factors and the order of the released code: in each step E, M and E, then the
    gradient. Departures:

    * In its first epoch the released code fits the mixture to the photographs themselves and
      starts it at random in every step. ``warmup_iters`` fits it to the photographs too, but
      each step continues from the last.
    * In the divergence, the released code uses a component's variance where its standard
      deviation belongs.

    Args:
        num_components: K, Gaussians in the mixture.
        mixture_weight: Factor of ``loss_mixture``.
        tv_weight: Factor of ``loss_tv``.
        kl_weight: Factor of ``loss_kl``.
        warmup_iters: Number of first steps in which the mixture is fitted to the photographs
            instead of to the residuals.

    Example:
        >>> photograph, lq, gt = torch.rand(3, 1, 3, 16, 16)
        >>> sorted(RainMixtureLoss()(0.9 * photograph, photograph, lq, gt))
        ['loss_kl', 'loss_mixture', 'loss_tv']
    """

    iteration: Tensor

    def __init__(
        self,
        num_components: int = 3,
        mixture_weight: float = 0.5,
        tv_weight: float = 1e-5,
        kl_weight: float = 1e-9,
        warmup_iters: int = 0,
    ) -> None:
        super().__init__()
        self.mixture = ZeroMeanMixture(num_components)
        self.total_variation = TotalVariationLoss(tv_weight)
        self.mixture_weight = mixture_weight
        self.kl_weight = kl_weight
        self.warmup_iters = warmup_iters
        # Steps so far; a buffer, so that a resumed run has it.
        self.register_buffer("iteration", torch.tensor(0))

    def forward(
        self, pred: Tensor, unlabelled: Tensor, lq: Tensor, gt: Tensor
    ) -> dict[str, Tensor]:
        """Update the mixture and return the three losses, already weighted.

        Args:
            pred: Restored photographs, (N, C, H, W).
            unlabelled: The photographs, of the same shape.
            lq: Labelled rainy images, (M, C, H, W).
            gt: Their clean versions, of the same shape.

        Raises:
            DataError: If the shapes of a pair differ.
        """
        with without_autocast(pred):
            pred, unlabelled = full_precision_pair(pred, unlabelled, "RainMixtureLoss")
            lq, gt = full_precision_pair(lq, gt, "RainMixtureLoss")
            residual = unlabelled - pred
            warming_up = bool(self.iteration < self.warmup_iters)
            given = self.mixture.update(unlabelled if warming_up else residual.detach())
            self.iteration += 1
            precisions = torch.einsum("k...,k->...", given, 0.5 / self.mixture.variances)
            variance, mean = torch.var_mean(lq - gt, correction=0)
            # Without any rain the variance is zero, and its logarithm is not finite.
            tiny = torch.finfo(variance.dtype).tiny
            divergences = self.mixture.divergences(mean, variance.clamp_min(tiny))
            return {
                "loss_mixture": self.mixture_weight * (precisions * residual.square()).mean(),
                "loss_tv": self.total_variation(pred),
                "loss_kl": self.kl_weight * divergences.min(),
            }
