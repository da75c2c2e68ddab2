"""Turn a checkpoint of a method's authors into one of ours: restorekit convert FORMAT IN OUT."""

from __future__ import annotations

import argparse
import sys

from restorekit.checkpoints.converters import FORMATS, convert_checkpoint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument(
        "format", metavar="FORMAT", help=f"whose checkpoint it is: {', '.join(sorted(FORMATS))}"
    )
    parser.add_argument("source", metavar="IN", help="the authors' file")
    parser.add_argument(
        "target",
        metavar="OUT",
        help="the file to write, .safetensors or .pth; replaced if there is one",
    )


def run(args: argparse.Namespace) -> None:
    """Convert and say what was found."""
    converted = convert_checkpoint(args.format, args.source, args.target)
    sys.stdout.write(f"{converted.summary}.\nWritten to {args.target}\n")
