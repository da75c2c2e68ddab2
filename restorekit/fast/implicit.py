"""NeRD-Rain's implicit representation as convolutions."""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import nn

from restorekit.archs.nerd_rain import CELL, RELATIVE_COORDINATES, ImplicitRepresentation

from .forms import FastForm, register_fast_form


@register_fast_form(ImplicitRepresentation)
class FastImplicitRepresentation(FastForm, ImplicitRepresentation):
    """The perceptron of each pixel as a 3×3 and three 1×1 convolutions.

    Its inputs are the 3×3 features around the pixel and constants. The columns of the first layer
    for the features are a 3×3 kernel, those for the pixel's size add to the bias, and those for
    coordinates, which are 0, drop out. Nothing is unfolded.
    """

    def compute(self, x: torch.Tensor) -> torch.Tensor:
        """Return images (N, 3, H, W) of features (N, channels, H, W)."""
        first, *others = (cast("nn.Linear", layer) for layer in self.layers)
        around = 9 * x.shape[1]
        kernel = first.weight[:, :around].reshape(-1, x.shape[1], 3, 3)
        cell = first.weight[:, around + RELATIVE_COORDINATES :] @ first.weight.new_tensor(CELL)
        y = F.conv2d(x, kernel, first.bias + cell, padding=1)
        for layer in others:
            y = F.conv2d(F.relu(y), layer.weight[..., None, None], layer.bias)
        return y

    def skipped_modules(self) -> list[nn.Module]:
        """Return all layers: their weights are used, and they are not called."""
        return list(self.layers)
