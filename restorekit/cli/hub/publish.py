"""Publish trained weights in an index, so that --model takes them by name.

Writes weights/NAME.safetensors beside the index, and its hash, size and network into the index.
The environment variable RESTOREKIT_HUB makes the index known.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit hub publish``."""
    parser.add_argument("checkpoint", type=Path, help="checkpoint of a training, or a network file")
    parser.add_argument("--name", required=True, help="what --model will call it")
    parser.add_argument("--index", required=True, type=Path, metavar="F", help="the index (YAML)")
    parser.add_argument("--summary", help="what it does, in one sentence")
    parser.add_argument("--licence", help="licence of the weights")
    parser.add_argument(
        "--measured",
        type=Path,
        metavar="F",
        help="numbers: a JSON list of objects with data, protocol, input and restored",
    )


def run(args: argparse.Namespace) -> None:
    """Publish, and print where the weights are."""
    from restorekit.errors import DataError
    from restorekit.hub.index import Measured
    from restorekit.hub.publish import publish
    from restorekit.io.records import to_record

    measured = None
    if args.measured is not None:
        try:
            content = json.loads(args.measured.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"--measured {args.measured} cannot be read: {error}.") from error
        measured = to_record(content, list[Measured], str(args.measured))
    file = publish(
        args.name,
        args.checkpoint,
        args.index,
        summary=args.summary,
        licence=args.licence,
        measured=measured,
    )
    sys.stdout.write(f"{file}\n")
