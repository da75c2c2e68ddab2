"""Convert a checkpoint that a method's authors released: restorekit convert FORMAT IN OUT."""

from __future__ import annotations

import argparse
import os
import sys

from mmengine.config import DictAction

import restorekit.interop  # noqa: F401  its formats
from restorekit.checkpoints.converters import FORMATS, convert_checkpoint
from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.plugins import load_installed_plugins


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "format",
        metavar="FORMAT",
        help=f"the checkpoint's method: {', '.join(sorted(FORMATS))}, or a plugin's format",
    )
    parser.add_argument(
        "source",
        metavar="IN",
        help="the authors' file; for a TensorFlow checkpoint, the common prefix of its files",
    )
    parser.add_argument(
        "target",
        metavar="OUT",
        help="the file to write, .safetensors or .pth; replaced if there is one",
    )
    parser.add_argument(
        "--weights",
        metavar="KEY",
        help="which state dict to take if the file holds several, for example params (default: "
        "the average, such as params_ema)",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="parameters that the weights do not determine, for example num_stages=5",
    )
    add_plugin(parser, "formats")


def run(args: argparse.Namespace) -> None:
    """Convert, and print what was found."""
    # TensorFlow prints its settings for this CPU when it is imported; it only reads here.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    load_installed_plugins()
    load_plugins(args)
    converted = convert_checkpoint(args.format, args.source, args.target, args.set, args.weights)
    lines = [f"{converted.summary}."]
    if converted.assumed:
        assumed = " ".join(f"{key}={value}" for key, value in converted.assumed.items())
        lines.append(f"Not in the file, so assumed as in the released code: --set {assumed}")
    lines.append(f"Written to {args.target}")
    sys.stdout.write("\n".join(lines) + "\n")
