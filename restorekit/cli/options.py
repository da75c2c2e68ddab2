"""The arguments that training and testing share, and what they do to the config."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from mmengine.config import DictAction

from restorekit.cli.arguments import add_plugin, add_skip_broken
from restorekit.io.files import require_writable

if TYPE_CHECKING:
    from mmengine.config import Config


def add_config(parser: argparse.ArgumentParser, *, optional: bool = False) -> None:
    """Add the config file, where its data lies and where the work goes.

    Args:
        parser: The command's parser.
        optional: Whether the command does without a config file.
    """
    parser.add_argument("config", help="config file", nargs="?" if optional else None)
    parser.add_argument(
        "--data-root",
        metavar="D",
        help="where the data lies: D holds <split>/lq and <split>/gt, or lq and gt, or is an LMDB, "
        "or a copy of a known dataset in any layout in use",
    )
    parser.add_argument(
        "--work-dir",
        metavar="D",
        help="folder for logs and checkpoints (default: work_dirs/<config's name>)",
    )


def add_config_changes(parser: argparse.ArgumentParser) -> None:
    """Add the options that extend and change a config, after a command's own."""
    add_plugin(parser, "networks, losses, ...")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="change values of the config, for example train_cfg.max_iters=100",
    )
    add_skip_broken(parser)
    parser.add_argument(
        "--launcher",
        choices=("none", "pytorch", "slurm", "mpi"),
        default="none",
        help="what started the processes of a distributed run",
    )


def default_work_dir(config: str) -> Path:
    """Return the folder of a training where neither its config nor an option names one."""
    return Path("work_dirs", Path(config).stem)


def config_from(args: argparse.Namespace) -> Config:
    """Return the config with the options of :func:`add_config` and :func:`add_config_changes`."""
    from restorekit.engine.config import load_config, set_data_root, skip_broken_data
    from restorekit.engine.distributed import prepare_distributed

    config = load_config(args.config, args.cfg_options, args.plugin)
    if args.work_dir:
        config.work_dir = args.work_dir
    elif config.get("work_dir") is None:
        config.work_dir = str(default_work_dir(args.config))
    require_writable(config.work_dir, "--work-dir", folder=True)
    if args.data_root:
        set_data_root(config, args.data_root)
    if args.skip_broken:
        skip_broken_data(config)
    prepare_distributed(config, args.launcher)
    return config
