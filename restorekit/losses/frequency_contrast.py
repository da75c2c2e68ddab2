"""FADformer's contrast between the frequencies of clean and rainy images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from restorekit.errors import ConfigError, DataError
from restorekit.registry import MODELS

from .precision import full_precision_pair, without_autocast


@MODELS.register_module()
class FrequencyContrastLoss(nn.Module):
    """How far a restored image is from the clean one, relative to its distance from rainy ones.

    For each image the mean of |F(pred) - F(gt)| / (|F(pred) - F(lq_j)| + eps) over
    ``num_negatives`` rainy images j of the batch: its own, and others drawn at random. The
    distance of two Fourier transforms is the mean modulus of their difference. Gao et al.,
    "Efficient Frequency-Domain Image Deraining with Contrastive Regularization", ECCV 2024, as
    released, where its weight is 0.1.

    The others come from the batch of the same process. They are drawn by PyTorch's generator,
    which a training seeds for each iteration.

    Args:
        num_negatives: Number of rainy images that each image is compared with; batches need as
            many images at least.
        eps: Added to the denominators.
        loss_weight: Factor of the mean.

    Raises:
        ConfigError: If ``num_negatives`` is below 1.

    Example:
        >>> gt, rain = torch.rand(2, 2, 3, 16, 16)
        >>> halfway = FrequencyContrastLoss(num_negatives=1)(gt + rain / 2, gt, gt + rain)
        >>> round(float(halfway), 3)
        1.0
    """

    #: Called with the rainy images too.
    needs_lq = True

    def __init__(self, num_negatives: int = 2, eps: float = 1e-7, loss_weight: float = 1.0) -> None:
        super().__init__()
        if num_negatives < 1:
            raise ConfigError(
                f"FrequencyContrastLoss: num_negatives is {num_negatives}, but must be at least 1; "
                "FADformer has 2."
            )
        self.num_negatives = num_negatives
        self.eps = eps
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, gt: Tensor, lq: Tensor) -> Tensor:
        """Return the weighted mean.

        Args:
            pred: Restored images, (N, C, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.
            lq: Rainy images, the same shape.

        Raises:
            DataError: If shapes differ, or the batch has too few images.
        """
        count = len(pred)
        if count < self.num_negatives:
            raise DataError(
                f"FrequencyContrastLoss compares each image with {self.num_negatives} rainy images "
                f"of its batch, which has {count}: give each process at least "
                f"{self.num_negatives}, or set num_negatives={count}."
            )
        with without_autocast(pred):
            pred, gt = full_precision_pair(pred, gt, "FrequencyContrastLoss")
            pred, lq = full_precision_pair(pred, lq, "FrequencyContrastLoss")
            negatives = _draw(count, self.num_negatives).to(pred.device)
            restored, rainy = torch.fft.fft2(pred), torch.fft.fft2(lq)
            near = _mean_modulus(restored - torch.fft.fft2(gt))
            # One negative of each image at a time, which needs less memory than all at once.
            ratios = [
                near / (_mean_modulus(restored - rainy[drawn]) + self.eps) for drawn in negatives
            ]
            return self.loss_weight * torch.stack(ratios).mean()


def _mean_modulus(spectra: Tensor) -> Tensor:
    return spectra.abs().mean(dim=(1, 2, 3))


def _draw(count: int, num_negatives: int) -> Tensor:
    """Return the negatives of each image, (num_negatives, count): first itself, then others."""
    # Shifts from 1 to count - 1 are the other images, each once.
    shifts = [torch.randperm(count - 1)[: num_negatives - 1] + 1 for _ in range(count)]
    own = torch.zeros(1, count, dtype=torch.int64)
    return (torch.arange(count) + torch.cat([own, torch.stack(shifts, dim=1)])) % count
