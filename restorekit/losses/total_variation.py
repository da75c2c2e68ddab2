"""Total variation: how much neighbouring pixels differ."""

from __future__ import annotations

from torch import Tensor, nn

from restorekit.registry import MODELS

from .precision import without_autocast


@MODELS.register_module()
class TotalVariationLoss(nn.Module):
    """Anisotropic total variation, summed over each image and averaged over the batch.

    The sum of the absolute differences of horizontal and vertical neighbours, in every
    channel, as in the released SSIR (CVPR 2019). It grows with the number of pixels.

    Args:
        loss_weight: Factor.

    Example:
        >>> TotalVariationLoss()(torch.tensor([[[[0.0, 1.0], [3.0, 3.0]]]]))
        tensor(6.)
    """

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, pred: Tensor, gt: Tensor | None = None) -> Tensor:
        """Return the weighted total variation, a scalar in float32 at least.

        Args:
            pred: Restored images, (N, C, H, W).
            gt: Not used; it lets this loss be a part of a :class:`SumLoss`.
        """
        with without_autocast(pred):
            pred = pred if pred.element_size() >= 4 else pred.float()
            vertical = (pred[..., 1:, :] - pred[..., :-1, :]).abs().sum()
            horizontal = (pred[..., 1:] - pred[..., :-1]).abs().sum()
            return self.loss_weight * (vertical + horizontal) / len(pred)
