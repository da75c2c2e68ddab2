"""Write a small package with a part or study of your own: code, test, config and README."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from restorekit.scaffold import KINDS, write_package


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit new``."""
    parser.add_argument(
        "kind",
        choices=KINDS,
        metavar="KIND",
        help="; ".join(f"{name}: {kind.about}" for name, kind in KINDS.items()),
    )
    parser.add_argument("name", metavar="NAME", help="its name, such as RainGate")
    parser.add_argument("--dir", default=".", metavar="D", help="where to (default: here)")


def run(args: argparse.Namespace) -> None:
    """Write the package and say what to do next."""
    folder = write_package(args.kind, args.name, Path(args.dir))
    sys.stdout.write(
        f"Written to {folder}. Try its test: cd {folder} && python -m pytest\n"
        f"Its README.md says how to go on.\n"
    )
