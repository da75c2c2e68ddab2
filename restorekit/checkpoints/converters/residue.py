"""Checkpoints of the released SPDNet and of HCT-FFN, which is built on it.

Their code: github.com/Joyies/SPDNet and github.com/cschenxiang/HCT-FFN.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .drsformer import mixture_names
from .source import ConvertedNetwork, SourceWeights
from .transformer import Names

_PARTS = ("weight", "bias")
#: Ours and the released names of convolutions with a ReLU that reflect at borders, apart from
#: those of a stage.
_SHELL = {
    "head.0": "conv_init1",
    "head.1": "conv_init2",
    "gather.0": "ag1",
    "gather.1": "ag2",
    "merge.0": "ag2_en",
    "merge.1": "ag_en",
}
_FUSION = {"query": "query_conv", "key": "key_conv", "gates.0": "gamma1", "gates.1": "gamma2"}
#: Layers between the sizes of a stage of SPDNet that it never uses.
_UNUSED_OF_SPDNET = (
    *(f"branch1_{group}_d" for group in (1, 2)),
    *(f"branch2_{group}_{way}" for group in (1, 2) for way in "ud"),
    *(f"branch3_{group}_u" for group in (1, 2)),
    "down2",
    "down3",
    "fuse12.conv",
    "fuse23.conv",
)


def convert_hct_ffn(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint of HCT-FFN.

    Everything is read off the weights, but for the 8 attention heads that the released code always
    has. Norms that it never uses are dropped.

    Args:
        content: The state dict, or what contains it; with or without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released HCT-FFN.
    """
    weights = SourceWeights(content, source, "HCT-FFN")
    config = {"type": "HCTFFN", **_infer_shell(weights)}
    convolutions = _shell_convolutions()
    dropped = sum(weights.drop(f"{theirs}.ins.") for _, theirs in convolutions)
    converted = weights.rename(_shell_names(convolutions, config["num_blocks"]))
    for stage, theirs in ((0, "sub1"), (2, "sub3")):
        num_steps = weights.count(f"{theirs}.layers.1._ops.{{}}._out.0.weight")
        converted.update(weights.rename(mixture_names(f"parts.{stage}", theirs, num_steps)))
    converted.update(weights.rename(_transformer_names()))
    return weights.finish(config, converted, _details(config), dropped=dropped)


def convert_spdnet(content: Any, source: str) -> ConvertedNetwork:
    """Convert a released checkpoint of SPDNet.

    Everything is read off the weights. Norms and layers that the released network never uses are
    dropped.

    Args:
        content: The state dict, or what contains it; with or without the prefix ``module.``.
        source: Name of the file, for messages.

    Raises:
        CheckpointError: If it is not a checkpoint of the released SPDNet.
    """
    weights = SourceWeights(content, source, "SPDNet")
    config = {"type": "SPDNet", **_infer_shell(weights)}
    convolutions = _shell_convolutions()
    dropped = 0
    for stage in range(3):
        sub = f"sub{stage + 1}"
        for index in (0, 1):
            ours = f"parts.{stage}.{{}}.{index}"
            convolutions.append((ours.format("down"), f"{sub}.DWT_{index + 2}"))
            convolutions.append((ours.format("up"), f"{sub}.IDWT_{index + 2}"))
        dropped += weights.drop(*(f"{sub}.{name}." for name in _UNUSED_OF_SPDNET))
        # The filters of the wavelets.
        weights.drop(f"{sub}.DWT.", f"{sub}.IDWT.")
    dropped += sum(weights.drop(f"{theirs}.ins.") for _, theirs in convolutions)
    converted = weights.rename(_shell_names(convolutions, config["num_blocks"]))
    for stage in range(3):
        names = _branch_names(f"parts.{stage}", f"sub{stage + 1}", config["num_blocks"])
        converted.update(weights.rename(names))
    return weights.finish(config, converted, _details(config), dropped=dropped)


def _infer_shell(weights: SourceWeights) -> dict[str, Any]:
    """Return the channels and the blocks that encode a residue channel."""
    channels = weights.shape("conv_init2.conv.weight")[0]
    # A group is its blocks and a convolution.
    num_blocks = weights.count("res_extra1.extra.module_body.{}.module_body.0.weight")
    return {"channels": channels, "num_blocks": num_blocks}


def _shell_convolutions() -> list[tuple[str, str]]:
    """Return ours and the released names of all convolutions that reflect at borders."""
    names = list(_SHELL.items())
    for stage in range(3):
        guide = f"res_extra{stage + 1}"
        names += [(f"guides.{stage}.{i}", f"{guide}.conv_init{i + 1}") for i in (0, 1)]
        names.append((f"fused.{stage}", f"sub{stage + 1}.fuse_res"))
    return names


def _shell_names(convolutions: Iterable[tuple[str, str]], num_blocks: int) -> Names:
    """Yield our name and the released one of what all such networks have."""
    for ours, theirs in convolutions:
        yield from _layer(f"{ours}.0", f"{theirs}.conv")
    for stage in range(3):
        number = stage + 1
        yield from _group_names(f"guides.{stage}.2", f"res_extra{number}.extra", num_blocks)
        for ours, theirs in _FUSION.items():
            yield from _layer(f"fusions.{stage}.{ours}", f"sub{number}.prior.{theirs}")
        yield from _layer(f"tails.{stage}", f"output{number}")


def _group_names(ours: str, theirs: str, num_blocks: int) -> Names:
    """Yield our name and the released one of a group of residual blocks."""
    for block in range(num_blocks):
        yield from _block_names(f"{ours}.body.{block}", f"{theirs}.module_body.{block}")
    yield from _layer(f"{ours}.body.{num_blocks}", f"{theirs}.module_body.{num_blocks}")


def _block_names(ours: str, theirs: str) -> Names:
    """Yield our name and the released one of a residual block."""
    for layer in (0, 2):
        yield from _layer(f"{ours}.body.{layer}", f"{theirs}.module_body.{layer}")
    yield f"{ours}.body.4.squeeze.weight", f"{theirs}.se.fc.0.weight"
    yield f"{ours}.body.4.excite.weight", f"{theirs}.se.fc.2.weight"


def _branch_names(ours: str, theirs: str, num_blocks: int) -> Names:
    for scale in range(3):
        for group in range(3):
            branch = f"{theirs}.branch{scale + 1}_{group + 1}"
            yield from _group_names(f"{ours}.branches.{scale}.{group}", branch, num_blocks)
    for index, name in enumerate(("fuse12", "fuse23")):
        yield from _layer(f"{ours}.joins.{index}.enlarge", f"{theirs}.{name}.up.conv2d")
        yield from _block_names(f"{ours}.joins.{index}.block", f"{theirs}.{name}.rb")


def _transformer_names() -> Names:
    ours, theirs = "parts.1", "sub2.attention"
    for norm in ("norm1", "norm2"):
        yield from _layer(f"{ours}.{norm}", f"{theirs}.{norm}")
    yield f"{ours}.attention.reduce.weight", f"{theirs}.atten.reduce.weight"
    yield f"{ours}.attention.expand.weight", f"{theirs}.atten.qkv.weight"
    yield from _layer(f"{ours}.attention.out", f"{theirs}.atten.proj")
    yield from _layer(f"{ours}.feed_forward.0", f"{theirs}.mlp.fc1")
    yield from _layer(f"{ours}.feed_forward.2", f"{theirs}.mlp.fc2")
    yield from _layer(f"{ours}.out", "sub2.c2")


def _layer(ours: str, theirs: str) -> Names:
    for part in _PARTS:
        yield f"{ours}.{part}", f"{theirs}.{part}"


def _details(config: dict[str, Any]) -> str:
    return f"{config['channels']} channels, {config['num_blocks']} blocks"
