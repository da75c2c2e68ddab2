"""Bring published networks onto this machine, into the cache, and verify them.

The only command that uses the network. Call it again to continue after an interrupt. The
environment variable RESTOREKIT_HUB names index files of your own, separated as in PATH.
"""

from __future__ import annotations

import argparse
import sys


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit hub fetch``."""
    parser.add_argument("name", nargs="+", help="names of published networks")
    parser.add_argument(
        "--again", action="store_true", help="replace files that are there, such as damaged ones"
    )


def run(args: argparse.Namespace) -> None:
    """Fetch each network and print where it is."""
    from restorekit.hub import fetch

    for name in args.name:
        sys.stdout.write(f"{fetch(name, again=args.again)}\n")
