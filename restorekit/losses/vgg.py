"""Features of VGG16 and VGG19, which perceptual losses compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorekit.errors import CheckpointError, ConfigError, did_you_mean

#: Number of convolutions in each of the five stages.
_STAGES = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
_CHANNELS = (64, 128, 256, 512, 512)
#: Mean and standard deviation of ImageNet's colours, which the networks were trained with.
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class VGGFeatures(nn.Module):
    """The convolutional part of VGG16 or VGG19 with weights that are not trained.

    Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
    ICLR 2015. The weights are buffers, which move with the module but are neither parameters nor
    part of a state dict: checkpoints of a training do not hold them.

    Args:
        weights: Weights and biases by torchvision's names, such as ``features.0.weight``;
            others are ignored, so that a whole classifier may be given.
        layers: Layers whose features are returned: ``conv1_1`` and ``relu1_1`` before and after
            the rectifier, …, ``pool5``.
        depth: 16 or 19.

    Raises:
        ConfigError: If there is no such depth or layer.
        CheckpointError: If a weight is missing or has another shape.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        layers: Iterable[str],
        depth: Literal[16, 19] = 19,
    ) -> None:
        super().__init__()
        if depth not in _STAGES:
            raise ConfigError(f"VGGFeatures: depth is {depth!r}; use 16 or 19.")
        names = layer_names(depth)
        self.layers = set(layers)
        for name in sorted(self.layers):
            if name not in names:
                raise ConfigError(
                    f"VGG{depth} has no layer {name!r}.{did_you_mean(name, names)} Layers are "
                    f"named {names[0]}, {names[1]}, … {names[-1]}."
                )
        last = max((names.index(name) for name in self.layers), default=-1)
        self._names = names[: last + 1]
        self.register_buffer("mean", torch.tensor(_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(1, 3, 1, 1), persistent=False)
        channels = 3
        for index, name in enumerate(self._names):
            if name.startswith("conv"):
                width = _CHANNELS[int(name[4]) - 1]
                shapes = {"weight": (width, channels, 3, 3), "bias": (width,)}
                for kind, shape in shapes.items():
                    value = _weight(weights, f"features.{index}.{kind}", shape, depth)
                    self.register_buffer(f"{name}_{kind}", value, persistent=False)
                channels = width

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the features of each layer by name.

        Args:
            images: RGB in [0, 1], (N, 3, H, W), with sides of at least 16 pixels for ``conv5_1``.
        """
        x = (images - self.mean) / self.std
        features = {}
        for name in self._names:
            if name.startswith("conv"):
                weight, bias = getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias")
                x = F.conv2d(x, weight, bias, padding=1)
            else:
                x = F.relu(x) if name.startswith("relu") else F.max_pool2d(x, 2)
            if name in self.layers:
                features[name] = x
        return features


def layer_names(depth: int) -> list[str]:
    """Return the names of all layers in the order of torchvision's ``features``."""
    names = []
    for stage, count in enumerate(_STAGES[depth], start=1):
        for number in range(1, count + 1):
            names += [f"conv{stage}_{number}", f"relu{stage}_{number}"]
        names.append(f"pool{stage}")
    return names


def _weight(weights: Mapping[str, Tensor], key: str, shape: tuple[int, ...], depth: int) -> Tensor:
    value = weights.get(key)
    if value is None or tuple(value.shape) != shape:
        found = "is missing" if value is None else f"has the shape {tuple(value.shape)}"
        raise CheckpointError(
            f"VGG{depth}: {key} {found}, and should have the shape {shape}; give a file with the "
            f"weights of torchvision's vgg{depth} (without batch normalisation)."
        )
    return value.detach().float().clone()
