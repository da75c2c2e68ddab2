"""VGG's features with weights from a file in torchvision's layout; torchvision is not needed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Literal

from restorekit.checkpoints.io import load_file
from restorekit.errors import CheckpointError
from restorekit.losses.vgg import VGGFeatures
from restorekit.registry import MODELS


@MODELS.register_module(name="VGGFile")
def vgg_features(
    path: str | os.PathLike[str], layers: Iterable[str], depth: Literal[16, 19] = 19
) -> VGGFeatures:
    """Build :class:`~restorekit.losses.vgg.VGGFeatures` with the weights of a local file.

    Args:
        path: File with the state dict of torchvision's ``vgg16`` or ``vgg19``, such as
            ``vgg19-dcbb9e9d.pth``. Nothing is downloaded.
        layers: Layers whose features are returned.
        depth: 16 or 19.

    Raises:
        CheckpointError: If the file cannot be read or holds other weights.
        ConfigError: If there is no such depth or layer.
    """
    weights = load_file(path)
    if not isinstance(weights, Mapping):
        raise CheckpointError(
            f"{path} holds no state dict: give the file of torchvision's vgg{depth}."
        )
    try:
        return VGGFeatures(weights, layers, depth)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
