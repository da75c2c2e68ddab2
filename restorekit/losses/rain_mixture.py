"""What SSIR asks of rainy photographs that have no clean version."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restorekit.registry import MODELS

from .gaussian_mixture import ZeroMeanMixture
from .precision import full_precision_pair, without_autocast
from .total_variation import TotalVariationLoss


@MODELS.register_module()
class RainMixtureLoss(nn.Module):
    """The unsupervised terms of SSIR: rain as a Gaussian mixture, smoothness, and likeness.

    * ``loss_mixture``: the mean over all values r of what is taken from a photograph of
      Σ_k γ_k r² / (2σ_k²), with the mixture's variances σ² and responsibilities γ, which
      are constants of the step.
    * ``loss_tv``: the total variation of the restored photograph.
    * ``loss_kl``: the least divergence of a component from the rain of the labelled
      images (a Gaussian of its mean and variance). It depends on no weight of the network
      and so has no gradient, as in the released code; it is there to be watched.

    Wei et al., "Semi-supervised Transfer Learning for Image Rain Removal", CVPR 2019, with
    the factors and the order of the released code: at each step E, M and E, then the
    gradient. Departures:

    * In its first epoch the released code fits the mixture to the photographs themselves,
      which ``warmup_iters`` does too, but starts it anew, at random, in each of those
      steps. Here it goes on from step to step.
    * The released code gives a component's variance where its standard deviation belongs in
      the divergence.

    Args:
        num_components: K, Gaussians in the mixture.
        mixture_weight: Factor of ``loss_mixture``.
        tv_weight: Factor of ``loss_tv``.
        kl_weight: Factor of ``loss_kl``.
        warmup_iters: Steps in which the mixture is fitted to the photographs instead of to
            what is taken from them.
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
        # Steps so far: a buffer, so that a resumed training knows.
        self.register_buffer("iteration", torch.tensor(0))

    def forward(
        self, pred: Tensor, unlabelled: Tensor, lq: Tensor, gt: Tensor
    ) -> dict[str, Tensor]:
        """Update the mixture and return the three losses, already weighted.

        Args:
            pred: Restored photographs, (N, C, H, W).
            unlabelled: The photographs, of the same shape.
            lq: Rainy images, (M, C, H, W), that have
            gt: clean versions, of the same shape.

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
