"""What the sketches of networks show, by family: encoder-decoders, recurrent and guided stages.

Numbers are those of the first config of each method; tests/test_drawings.py compares them.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class UShape:
    """An encoder-decoder.

    Attributes:
        block: What a block is, in a few words.
        channels: Channels of each level of the encoder, full size first, the smallest last.
        encoder: Number of blocks in each level but the smallest.
        bottom: Number of blocks at the smallest size.
        decoder: Number of blocks in each level but the smallest, full size first.
        skip: How encoder features enter the decoder.
        ends: What stands before the encoder and after the decoder, beside a convolution.
        sign: ``+`` if the result is added to the input, ``−`` if it is subtracted.
        inputs: Whether the image also enters at smaller sizes.
    """

    block: str
    channels: Sequence[int]
    encoder: Sequence[int]
    bottom: str
    decoder: Sequence[int]
    skip: str = "concatenated"
    ends: tuple[str, str] = ("", "")
    sign: str = "+"
    inputs: bool = False


U_SHAPES = {
    "restormer": UShape(
        "transformer block: attention between channels, gated feed-forward part",
        (48, 96, 192, 384), (4, 6, 6), "8", (4, 6, 6), ends=("", "× 4"),
    ),
    "drsformer": UShape(
        "transformer block: sparse attention between channels, feed-forward of two scales",
        (48, 96, 192, 384), (4, 6, 6), "8", (4, 6, 6), ends=("mixture", "mixture"),
    ),
    "uformer": UShape(
        "transformer block: attention within windows of 8×8, every second one shifted",
        (32, 64, 128, 256, 512), (2, 2, 2, 2), "2", (2, 2, 2, 2),
    ),
    "idt": UShape(
        "attention within windows of 8×8, then one block of attention between windows",
        (32, 64, 128, 256, 512), (3, 3, 2, 2), "1", (3, 2, 2, 1),
    ),
    "nafnet": UShape(
        "block without activations: two halves of the channels are multiplied",
        (32, 64, 128, 256, 512), (1, 1, 1, 28), "1", (1, 1, 1, 1), skip="added",
    ),
    "bioir": UShape(
        "block that filters with kernels predicted for each pixel",
        (48, 96, 192), (3, 3), "6 + 6", (3, 3), ends=("", "× 4"),
    ),
    "convir": UShape(
        "residual block; the last of each stage filters at several sizes",
        (32, 64, 128), (16, 16), "16 + 16", (16, 16), inputs=True,
    ),
    "sfnet": UShape(
        "residual block that weights low and high frequencies",
        (32, 64, 128), (16, 16), "16 + 16", (16, 16), inputs=True,
    ),
    "fadformer": UShape(
        "block that mixes frequencies; the residue channel gates its feed-forward part",
        (32, 64, 128), (4, 8), "10", (4, 8),
    ),
    "sfhformer": UShape(
        "block that convolves in space and over frequencies",
        (32, 64, 128), (6, 6), "10", (6, 6),
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Recurrence:
    """Layers that run several times, each time on an image with less rain.

    Attributes:
        stages: How often.
        parts: Layers of a stage: text and kind.
        result: What a stage gives.
        state: What is passed to the next stage.
        shared: What all stages share.
    """

    stages: int
    parts: Sequence[tuple[str, str]]
    result: str
    state: str
    shared: str = "weights"


RECURRENCES = {
    "prenet": Recurrence(
        6,
        (("conv 3×3", "conv"), ("LSTM", "unit"), ("5 residual\nblocks", "block"),
         ("conv 3×3", "conv")),
        "what to add to the input",
        "the unit's state, and the derained image beside the rainy one",
    ),
    "rescan": Recurrence(
        4,
        (("GRU", "unit"), ("GRU\ndilation 1", "unit"), ("GRU\ndilation 2", "unit"),
         ("… up to 8", "unit"), ("conv 3×3\nconv 1×1", "conv")),
        "the rain, subtracted from the input",
        "each unit's state, and the derained image",
    ),
    "rehen": Recurrence(
        4,
        (("GRU", "unit"), ("enhancement\nGRU", "unit"), ("… 4 times", "unit"),
         ("two\nconv 3×3", "conv")),
        "the rain, subtracted from the input",
        "each unit's state, and the derained image",
    ),
    "rcdnet": Recurrence(
        17,
        (("gradient step\non maps", "conv"), ("network of\nthe maps", "block"),
         ("maps ∗ kernels\n= rain", "fuse"), ("gradient step\non image", "conv"),
         ("network of\nthe image", "block")),
        "the derained image",
        "maps, image and further channels",
        "rain kernels",
    ),
}  # fmt: skip

#: Networks of three stages, each guided by the residue channel of an image: what a stage is.
GUIDED = {
    "spdnet": ("wavelets,\nresidual\ngroups",) * 3,
    "hct-ffn": (
        "mixture of\n8 operations",
        "transformer,\n3×3 patches",
        "mixture of\n8 operations",
    ),
}
