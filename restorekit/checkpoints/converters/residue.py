"""Checkpoints of the released HCT-FFN (github.com/cschenxiang/HCT-FFN)."""

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
    weights.require_empty()
    total = sum(value.numel() for value in converted.values())
    summary = (
        f"HCT-FFN with {total:,} parameters ({dropped:,} that have no effect are left out): "
        f"{config['channels']} channels, {config['num_blocks']} blocks"
    )
    facts = {**weights.facts, "unused_parameters_dropped": dropped}
    return ConvertedNetwork(config, converted, facts, summary)


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
        yield from group_names(f"guides.{stage}.2", f"res_extra{number}.extra", num_blocks)
        for ours, theirs in _FUSION.items():
            yield from _layer(f"fusions.{stage}.{ours}", f"sub{number}.prior.{theirs}")
        yield from _layer(f"tails.{stage}", f"output{number}")


def group_names(ours: str, theirs: str, num_blocks: int) -> Names:
    """Yield our name and the released one of a group of residual blocks."""
    for block in range(num_blocks):
        our_block, their_block = f"{ours}.body.{block}.body", f"{theirs}.module_body.{block}"
        for layer in (0, 2):
            yield from _layer(f"{our_block}.{layer}", f"{their_block}.module_body.{layer}")
        yield f"{our_block}.4.squeeze.weight", f"{their_block}.se.fc.0.weight"
        yield f"{our_block}.4.excite.weight", f"{their_block}.se.fc.2.weight"
    yield from _layer(f"{ours}.body.{num_blocks}", f"{theirs}.module_body.{num_blocks}")


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
