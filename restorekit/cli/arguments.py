"""Options that commands share; nothing heavy is imported for them."""

from __future__ import annotations

import argparse


def add_skip_broken(parser: argparse.ArgumentParser) -> None:
    """Add ``--skip-broken``."""
    parser.add_argument(
        "--skip-broken",
        action="store_true",
        help="leave out images that cannot be used, and say how many",
    )


def add_plugin(parser: argparse.ArgumentParser, what: str) -> None:
    """Add ``--plugin``.

    Args:
        parser: The command's parser.
        what: What such a file may register, for the help.
    """
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="FILE",
        help=f"Python file that registers {what} of your own; repeatable",
    )


def load_plugins(args: argparse.Namespace) -> None:
    """Run the files of ``--plugin``.

    Raises:
        ConfigError: If one cannot be run.
    """
    from restorekit.plugins import load_plugin_file

    for plugin in args.plugin:
        load_plugin_file(plugin)
