"""Train the network of a config, or a small one on your own pairs without a config."""

from __future__ import annotations

import argparse
import contextlib
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.options import (
    add_config,
    add_config_changes,
    config_from,
    default_work_dir,
)
from restorekit.errors import ConfigError

if TYPE_CHECKING:
    from mmengine.config import Config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit train``."""
    parser.add_argument(
        "--data",
        metavar="PAIRS",
        help="train a small network on these pairs without a config: one is written, shown and "
        "used",
    )
    parser.add_argument(
        "--iters",
        type=int,
        metavar="N",
        help="number of iterations of a training with --data (default: 20000)",
    )
    add_config(parser, optional=True)
    parser.add_argument(
        "--resume",
        nargs="?",
        const="auto",
        metavar="PATH",
        help="continue from PATH, or from the last good checkpoint of the work folder",
    )
    parser.add_argument(
        "--load-from",
        metavar="P",
        help="start from the weights of a checkpoint or a converted or published network",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="seed of the run (default: the config's)"
    )
    parser.add_argument(
        "--validate-on",
        choices=("val", "test"),
        default="val",
        help="test: train on all training images and validate on the test set, as most papers do "
        "(default: what the config says)",
    )
    parser.add_argument(
        "--amp",
        nargs="?",
        const="bf16",
        choices=("bf16", "fp16"),
        help="train in mixed precision (--amp alone: bf16; fp16: on GPUs only)",
    )
    parser.add_argument("--compile", action="store_true", help="train through torch.compile")
    parser.add_argument(
        "--auto-scale-lr",
        action="store_true",
        help="multiply the learning rate by the ratio of the batch to that of the config without "
        "--cfg-options, or to auto_scale_lr.base_batch_size",
    )
    parser.add_argument(
        "--exclude-leaks",
        action="store_true",
        help="leave out training images that show a photograph of a validation or test image, and "
        "list them in the work folder",
    )
    add_config_changes(parser)


def run(args: argparse.Namespace) -> None:
    """Train as ``args`` say."""
    from restorekit.engine.config import load_config, use_amp, use_auto_scale_lr, validate_on_test
    from restorekit.engine.distributed import is_first_process, wait_for_all
    from restorekit.engine.launch import restarted_since
    from restorekit.engine.runner import Runner
    from restorekit.engine.training_checkpoints import find_last_good_checkpoint
    from restorekit.engine.work_folder import sole_training

    _choose_config(args)
    config = config_from(args)
    if args.resume and args.load_from:
        raise ConfigError("--resume continues a training and --load-from starts one: give one.")
    for key in ("train_dataloader", "train_cfg", "optim_wrapper"):
        if config.get(key) is None:
            raise ConfigError(f"The config {args.config} has no {key}: there is nothing to train.")
    if args.validate_on == "test":
        validate_on_test(config)
    if args.exclude_leaks:
        config.exclude_leaks = True
    if args.amp:
        use_amp(config, args.amp)
    if args.auto_scale_lr:
        use_auto_scale_lr(config, load_config(args.config))
    if args.compile:
        config.model.compile = True
    if args.seed is not None:
        config.randomness = {**config.get("randomness", {}), "seed": args.seed}
    if args.load_from:
        config.load_from, config.resume = args.load_from, False
    if args.resume:
        config.resume = True
        config.load_from = None if args.resume == "auto" else args.resume
        if config.load_from and not Path(config.load_from).is_file():
            raise ConfigError(
                f"--resume {config.load_from}: there is no such file; --resume alone takes the "
                f"last good checkpoint of {config.work_dir}."
            )
    since = restarted_since()
    if since is not None:
        newest = find_last_good_checkpoint(config.work_dir, since)
        if newest is not None:
            config.resume, config.load_from = True, str(newest)
    # Before the Runner writes its logs there.
    with sole_training(config.work_dir) if is_first_process() else contextlib.nullcontext():
        Runner.from_cfg(config).train()
        wait_for_all()
    if is_first_process():
        sys.stdout.write(_what_next(args, config))


def _what_next(args: argparse.Namespace, config: Config) -> str:
    """Say where the training is, and the command that tests it."""
    said = f"\n{config.work_dir} holds the checkpoints, the log and the curves."
    if config.get("test_dataloader") is None:
        return f"{said}\n"
    # Where options have changed the config, the copy in the work folder has the changes. It also
    # names the work folder, for the results.
    elsewhere = Path(config.work_dir) != default_work_dir(args.config)
    changed = args.cfg_options or args.data_root or elsewhere
    file = Path(config.work_dir, Path(args.config).name) if changed else args.config
    plugins = [word for plugin in args.plugin for word in ("--plugin", plugin)]
    command = shlex.join(["restorekit", "test", str(file), config.work_dir, *plugins])
    return f"{said} Test it:\n  {command}\n"


def _choose_config(args: argparse.Namespace) -> None:
    """Let ``args.config`` be the config that was given, or one that is written for ``--data``."""
    if (args.config is None) == (args.data is None):
        raise ConfigError("Give a config file, or --data PAIRS to train without one.")
    if args.data is None:
        if args.iters is not None:
            raise ConfigError(
                "--iters is for --data; a config says itself how long it trains: "
                f"--cfg-options train_cfg.max_iters={args.iters}, or max_epochs where it counts "
                "epochs."
            )
        return
    if args.launcher != "none":
        raise ConfigError(
            "--data writes a config for one process: run it once, stop it, and start the processes "
            "with that config."
        )
    if args.iters is not None and args.iters < 1:
        raise ConfigError(f"--iters is {args.iters}, but must be at least 1.")
    from restorekit.scaffold.training import DEFAULT_ITERS, write_training_config

    work_dir = Path(args.work_dir or Path("work_dirs") / Path(args.data).resolve().name)
    config = work_dir.with_name(f"{work_dir.name}.py")
    if not config.exists():
        write_training_config(args.data, config, args.iters or DEFAULT_ITERS)
        sys.stderr.write(f"{config}:\n{config.read_text(encoding='utf-8')}\n")
    else:
        if args.iters is not None:
            _require_iters(config, args.iters)
        sys.stderr.write(f"Training with {config}, which exists already.\n")
    args.config, args.work_dir = str(config), str(work_dir)


def _require_iters(config: Path, iters: int) -> None:
    from restorekit.engine.config import load_config

    there = (load_config(config).get("train_cfg") or {}).get("max_iters")
    if there != iters:
        raise ConfigError(
            f"{config} trains for {there} iterations, not for --iters {iters}: change its _iters "
            "and leave out --iters, or choose another --work-dir."
        )
