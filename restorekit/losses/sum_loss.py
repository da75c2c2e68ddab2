"""Several losses at once, each visible in the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS


def as_loss_dict(losses: Tensor | Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the result of a loss as a dict: a single tensor becomes ``{"loss": tensor}``.

    mmengine's ``parse_losses`` adds up every entry whose key contains ``loss`` and logs
    each of them.

    Example:
        >>> as_loss_dict(torch.tensor(0.5))
        {'loss': tensor(0.5000)}
    """
    return {"loss": losses} if isinstance(losses, Tensor) else dict(losses)


def compute_losses(loss: nn.Module, pred: Tensor, gt: Tensor, lq: Tensor) -> dict[str, Tensor]:
    """Call a loss, with the rainy images if it needs them, and return its parts by name.

    Args:
        loss: A loss; one with ``needs_lq = True`` is called as ``loss(pred, gt, lq)``.
        pred: Restored images, (N, C, H, W).
        gt: Ground truth, the same shape.
        lq: Rainy images, the same shape.

    Example:
        >>> lq, pred, gt = torch.full((3, 1, 3, 16, 16), 0.5)
        >>> compute_losses(MODELS.build(dict(type="L1Loss")), pred + 0.1, gt, lq)
        {'loss': tensor(0.1000)}
    """
    return as_loss_dict(_call(loss, pred, gt, lq))


def _call(loss: nn.Module, pred: Tensor, gt: Tensor, lq: Tensor | None) -> Any:
    """Call a loss, with the rainy images if it needs them."""
    return loss(pred, gt, lq) if getattr(loss, "needs_lq", False) else loss(pred, gt)


@MODELS.register_module()
class SumLoss(nn.Module):
    """A sum of losses, each weighted by its own ``loss_weight``.

    It returns its parts, not their sum, under ``loss_<name>``, so that the log shows each
    of them; mmengine adds them up. Restorers take either form through
    :func:`compute_losses`.

    Args:
        losses: Name of each part to its config or module. A part returns a tensor.

    Raises:
        ConfigError: If there are no parts.

    Example:
        >>> loss = SumLoss(losses=dict(
        ...     ssim=dict(type='SSIMLoss'), l1=dict(type='L1Loss', loss_weight=0.1)))
        >>> sorted(loss(torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16)))
        ['loss_l1', 'loss_ssim']
    """

    def __init__(self, losses: Mapping[str, Any]) -> None:
        super().__init__()
        if not losses:
            raise ConfigError(
                "SumLoss: losses is empty; name at least one part, for instance "
                "losses=dict(ssim=dict(type='SSIMLoss'))."
            )
        self.losses = nn.ModuleDict(
            {
                name: part if isinstance(part, nn.Module) else MODELS.build(part)
                for name, part in losses.items()
            }
        )

    @property
    def needs_lq(self) -> bool:
        """Whether a part needs the rainy images."""
        return any(getattr(part, "needs_lq", False) for part in self.losses.values())

    def forward(self, pred: Tensor, gt: Tensor, lq: Tensor | None = None) -> dict[str, Tensor]:
        """Return ``loss_<name>``, a scalar already weighted, for each part.

        Args:
            pred: Restored images, (N, C, H, W), RGB, about [0, 1].
            gt: Ground truth, the same shape.
            lq: Rainy images, the same shape, if :attr:`needs_lq`.
        """
        return {f"loss_{name}": _call(part, pred, gt, lq) for name, part in self.losses.items()}
