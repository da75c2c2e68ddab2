"""Checkpoints of the released NAFNet (github.com/megvii-research/NAFNet)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .source import ConvertedNetwork, SourceWeights

Names = Iterator[tuple[str, str]]

#: Ours and the released layers of a block that have a weight and a bias.
_LAYERS = {
    "norm1": "norm1",
    "expand.0": "conv1",
    "expand.1": "conv2",
    "attention.1": "sca.1",
    "project": "conv3",
    "norm2": "norm2",
    "feed_forward": "conv4",
    "out": "conv5",
}


def convert_nafnet(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint for RGB images.

    Everything is read off the weights. The released networks for deblurring (``NAFNetLocal``)
    average over windows in testing where the image is larger than 1.5 training patches; here
    the average is always that of the whole image.

    Args:
        content: A dict with the state dict under ``params``, or the state dict; with or
            without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released NAFNet.
    """
    weights = SourceWeights(content, source, "NAFNet")
    first = weights.shape("intro.weight")
    if first[1:] != [3, 3, 3]:
        raise weights.error(f"its 'intro.weight' has the shape {first}")
    num_levels = weights.count("downs.{}.weight")
    config = {
        "type": "NAFNet",
        "channels": first[0],
        "encoder_blocks": _count(weights, "encoders", num_levels),
        "middle_blocks": weights.count("middle_blks.{}.beta"),
        "decoder_blocks": _count(weights, "decoders", num_levels),
    }
    converted = weights.rename(_names(config))
    details = (
        f"{first[0]} channels, blocks "
        f"{config['encoder_blocks']} + {config['middle_blocks']} + {config['decoder_blocks']}"
    )
    return weights.finish(config, converted, details)


def _count(weights: SourceWeights, part: str, num_levels: int) -> list[int]:
    return [weights.count(f"{part}.{level}.{{}}.beta") for level in range(num_levels)]


def _names(config: dict[str, Any]) -> Names:
    """Yield our name of each parameter and the released one."""
    yield from _layer("head", "intro")
    for ours, theirs in (("encoder", "encoders"), ("decoder", "decoders")):
        for level, count in enumerate(config[f"{ours}_blocks"]):
            for index in range(count):
                yield from _block(f"{ours}.{level}.{index}", f"{theirs}.{level}.{index}")
    for index in range(config["middle_blocks"]):
        yield from _block(f"middle.{index}", f"middle_blks.{index}")
    for level in range(len(config["encoder_blocks"])):
        yield from _layer(f"down.{level}", f"downs.{level}")
        yield f"up.{level}.0.weight", f"ups.{level}.0.weight"
    yield from _layer("tail", "ending")


def _block(ours: str, theirs: str) -> Names:
    for our_layer, their_layer in _LAYERS.items():
        yield from _layer(f"{ours}.{our_layer}", f"{theirs}.{their_layer}")
    for factor in ("beta", "gamma"):
        yield f"{ours}.{factor}", f"{theirs}.{factor}"


def _layer(ours: str, theirs: str) -> Names:
    for part in ("weight", "bias"):
        yield f"{ours}.{part}", f"{theirs}.{part}"
