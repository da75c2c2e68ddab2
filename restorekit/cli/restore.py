"""Restore photographs: files, or folders of them, with a trained or converted network."""

from __future__ import annotations

import argparse
from pathlib import Path

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.io.terminal import progress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit restore``."""
    parser.add_argument("input", nargs="+", help="image files, or folders of images")
    parser.add_argument(
        "--checkpoint",
        required=True,
        metavar="P",
        help="checkpoint of a training, or a converted or published network",
    )
    parser.add_argument("-o", "--out", required=True, help="folder for the restored images (PNG)")
    parser.add_argument("--device", help="cpu, cuda, cuda:1 … (default: a GPU if there is one)")
    add_plugin(parser, "a network")


def run(args: argparse.Namespace) -> None:
    from mmengine.device import get_device

    from restorekit.checkpoints import load_network
    from restorekit.errors import ConfigError
    from restorekit.inference import restore_images

    load_plugins(args)
    network = load_network(args.checkpoint)
    device = args.device or get_device()
    try:
        network = network.to(device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"--device {device} cannot be used here: {reason}") from error
    inputs = [Path(path) for path in args.input]
    for _ in progress(restore_images(network, inputs, Path(args.out)), "restoring"):
        pass
