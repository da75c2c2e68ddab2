"""A mixture of zero-mean Gaussians, fitted by EM while a network trains."""

from __future__ import annotations

import torch
import torch.distributed
from torch import Tensor, nn

from restorekit.errors import ConfigError
from restorekit.registry import MODELS

#: Added to each variance (the released SSIR).
VARIANCE_FLOOR = 1e-6


@MODELS.register_module()
class ZeroMeanMixture(nn.Module):
    """Mixture of K zero-mean Gaussians over the individual values of a residual.

    SSIR (CVPR 2019), with the EM steps of its released code: the means stay at zero, and
    1e-6 is added to each variance. The state, ``variances`` and ``weights`` (both of shape
    (K,)), is held in buffers and is therefore part of every checkpoint. In distributed
    training the processes add up their sums, so that all hold the mixture of all samples.

    It starts with equal weights and with variances spaced logarithmically from 1e-3 to 1.
    The released code draws the variances at random. They must differ: with equal means,
    nothing else tells the components apart.

    Args:
        num_components: K.

    Raises:
        ConfigError: If there is no component.

    Example:
        >>> mixture = ZeroMeanMixture(num_components=1)
        >>> responsibilities = mixture.update(torch.tensor([-0.1, 0.1]))
        >>> mixture.variances
        tensor([0.0100])
    """

    variances: Tensor
    weights: Tensor

    def __init__(self, num_components: int = 3) -> None:
        super().__init__()
        if num_components < 1:
            raise ConfigError(
                f"ZeroMeanMixture: num_components={num_components!r} cannot be used; give a "
                "whole number of at least 1."
            )
        self.register_buffer("variances", torch.logspace(-3, 0, num_components))
        self.register_buffer("weights", torch.full((num_components,), 1 / num_components))

    @torch.no_grad()
    def responsibilities(self, values: Tensor) -> Tensor:
        """Return the probability that each value comes from each component: the E step.

        Args:
            values: Of any shape.

        Returns:
            Shape (K, *values.shape), float32, adding up to 1 over the components.
        """
        shape = (-1, *(1 for _ in range(values.ndim)))
        variances, weights = self.variances.view(shape), self.weights.view(shape)
        squares = values.float().square()
        # The factor 2π is the same for all components.
        likelihoods = weights.log() - 0.5 * (variances.log() + squares / variances)
        return likelihoods.softmax(dim=0)

    @torch.no_grad()
    def update(self, values: Tensor) -> Tensor:
        """Take an E, an M and another E step, and keep the mixture that the M step gives.

        Args:
            values: Of any shape; in distributed training, those of this process.

        Returns:
            The responsibilities for ``values`` under the new mixture.
        """
        given = self.responsibilities(values).flatten(1)
        counts = given.sum(dim=1)
        squares = (given * values.float().square().flatten()).sum(dim=1)
        counts, squares = _sum_over_processes(torch.stack([counts, squares]))
        self.weights.copy_(counts / counts.sum())
        # A component that lost all its values has nothing to divide by.
        tiny = torch.finfo(counts.dtype).tiny
        self.variances.copy_(squares / counts.clamp_min(tiny) + VARIANCE_FLOOR)
        return self.responsibilities(values)

    def divergences(self, mean: Tensor, variance: Tensor) -> Tensor:
        """Return KL(N(mean, variance) ‖ N(0, σ²)) for each component's σ², shape (K,).

        Args:
            mean: A scalar.
            variance: A scalar above zero.
        """
        ratio = variance / self.variances
        return 0.5 * (ratio + mean.square() / self.variances - 1 - ratio.log())


def _sum_over_processes(sums: Tensor) -> Tensor:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.all_reduce(sums)
    return sums
