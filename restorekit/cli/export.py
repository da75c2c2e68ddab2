"""Write a network as an ONNX file, and compare it with PyTorch."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_plugin, load_plugins

if TYPE_CHECKING:
    from torch import nn

#: The largest difference from PyTorch that --check accepts, by the type of the weights.
_ACCEPTED = {"float32": 1e-4, "float16": 2e-2}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit export``."""
    parser.add_argument(
        "model", metavar="MODEL", help="name of a published network, or a network file"
    )
    parser.add_argument("out", metavar="OUT.onnx", help="the file to write")
    parser.add_argument(
        "--opset", type=int, default=18, help="version of ONNX's operators, 17 to 20 (default: 18)"
    )
    parser.add_argument(
        "--dtype",
        default="float32",
        metavar="float32|fp16",
        help="type of the weights; images are always float32 (default: float32)",
    )
    parser.add_argument(
        "--tile",
        type=int,
        metavar="N",
        help="for images of N x N pixels only (default: for images of every size)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="compare with PyTorch on several odd sizes, in ONNX Runtime",
    )
    add_plugin(parser, "a network")


def run(args: argparse.Namespace) -> None:
    """Export, and say what was written.

    Raises:
        ConfigError: If the name does not end in .onnx, or the network cannot be exported.
        CheckpointError: If the exported file gives other results than PyTorch.
    """
    from restorekit.errors import ConfigError
    from restorekit.hub import locate
    from restorekit.inference.export import export_network, exportable
    from restorekit.io.files import require_writable

    load_plugins(args)
    if not args.out.endswith(".onnx"):
        raise ConfigError(f"{args.out} must end in .onnx, the format that is written.")
    require_writable(args.out, example="network.onnx")
    source = exportable(locate(args.model))
    dtype = {"fp16": "float16", "half": "float16", "fp32": "float32"}.get(args.dtype, args.dtype)
    facts = export_network(**source, target=args.out, opset=args.opset, dtype=dtype, tile=args.tile)
    sizes = facts.size_requirements
    takes = (
        f"images of {facts.tile}x{facts.tile} pixels"
        if facts.tile
        else f"images from {sizes.minimum} pixels"
        + (f" with sides that are multiples of {sizes.multiple}" if sizes.multiple > 1 else "")
    )
    sys.stdout.write(
        f"Written to {args.out}: {facts.network['type']}, {facts.dtype}, opset {facts.opset}, "
        f"{takes}.\n"
    )
    if args.check:
        _check(source["network"], args.out, facts.dtype)


def _check(network: nn.Module, out: str, dtype: str) -> None:
    from restorekit.errors import CheckpointError
    from restorekit.inference.export.check import largest_difference

    differences = largest_difference(network, out)
    for (height, width), difference in differences.items():
        sys.stdout.write(f"  {width}x{height}: largest difference from PyTorch {difference:.1e}\n")
    worst = max(differences.values())
    if not worst <= _ACCEPTED[dtype]:
        raise CheckpointError(
            f"{out} differs from PyTorch by {worst:.1e}, more than rounding explains: do not use "
            "it, and report the network."
        )
