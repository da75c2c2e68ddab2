"""A loss between the features that a classification network finds in two images."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor, nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

from .precision import full_precision_pair, without_autocast


@MODELS.register_module()
class PerceptualLoss(nn.Module):
    """The weighted sum over layers of the mean difference between features.

    Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV
    2016; with ``conv5_4`` of VGG19 it is that of SRGAN (CVPR 2017) and ESRGAN.

    Args:
        features: Config of a module that returns features by layer; ``layers`` is passed on to
            it. ``VGGFile`` reads VGG's weights from a local file.
        layers: Weight of each layer, by its name.
        penalty: ``l1`` or ``mse`` of the features.
        loss_weight: Factor of the sum.

    Raises:
        ConfigError: If there are no layers, or there is no such penalty.

    Example:
        A part of a :class:`~restorekit.losses.SumLoss` in a config::

            perceptual=dict(
                type="PerceptualLoss",
                features=dict(type="VGGFile", path="vgg19.pth", depth=19),
                layers=dict(relu3_4=1.0),
                loss_weight=0.01,
            )

        ``features`` may be any module that returns a dict:

        >>> class Halves(nn.Module):
        ...     def forward(self, images):
        ...         return dict(half=nn.functional.avg_pool2d(images, 2))
        >>> pred, gt = torch.full((1, 3, 16, 16), 0.6), torch.full((1, 3, 16, 16), 0.5)
        >>> PerceptualLoss(Halves(), layers=dict(half=1.0))(pred, gt)
        tensor(0.1000)
    """

    def __init__(
        self,
        features: dict[str, Any] | nn.Module,
        layers: Mapping[str, float],
        penalty: Literal["l1", "mse"] = "l1",
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        if not layers:
            raise ConfigError(
                "PerceptualLoss: layers is empty; name at least one with its weight, for "
                "instance layers=dict(relu3_4=1.0)."
            )
        if penalty not in ("l1", "mse"):
            raise ConfigError(f"PerceptualLoss: penalty is {penalty!r}; use 'l1' or 'mse'.")
        self.layers = dict(layers)
        self.penalty = penalty
        self.loss_weight = loss_weight
        self.features: nn.Module = (
            features
            if isinstance(features, nn.Module)
            else MODELS.build({**features, "layers": list(layers)})
        )

    def forward(self, pred: Tensor, gt: Tensor) -> Tensor:
        """Return the weighted sum.

        Args:
            pred: Restored images, (N, 3, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.

        Raises:
            DataError: If the shapes differ.
        """
        with without_autocast(pred):
            pred, gt = full_precision_pair(pred, gt, "PerceptualLoss")
            found, wanted = self.features(pred), self.features(gt.detach())
            total = pred.new_zeros(())
            for layer, weight in self.layers.items():
                difference = found[layer] - wanted[layer]
                size = difference.abs() if self.penalty == "l1" else difference.square()
                total = total + weight * size.mean()
            return self.loss_weight * total
