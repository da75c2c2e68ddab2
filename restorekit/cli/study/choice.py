"""The arguments that choose a study and a part of it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.errors import ConfigError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from restorekit.studies import Study
    from restorekit.studies.run import Planned


def add_study(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that name a study, its scale and its folder."""
    parser.add_argument(
        "study",
        metavar="NAME[/PART]",
        help="a study, or one of its tables or figures: dcsfn, dcsfn/table5, my_study.yml/table1",
    )
    parser.add_argument(
        "--scale", default="full", metavar="S", help="a reduced version of the study: small"
    )
    parser.add_argument(
        "--work-dir",
        metavar="D",
        help="folder of all studies (default: work_dirs/studies)",
    )
    add_plugin(parser, "networks, losses, measures, ...")


def add_choice(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that choose a study and some of its runs."""
    add_study(parser)
    parser.add_argument(
        "--run",
        action="append",
        dest="runs",
        metavar="RUN",
        help="only this run; repeatable (default: all that the tables and figures need)",
    )
    parser.add_argument(
        "--seeds",
        nargs="+",
        type=int,
        metavar="N",
        help="seeds (default: those of the study, and others that were begun)",
    )


def chosen_root(args: argparse.Namespace) -> Path:
    """Return the folder of all studies."""
    from restorekit.studies.places import ROOT

    return Path(args.work_dir) if args.work_dir else ROOT


def chosen_study(args: argparse.Namespace) -> tuple[Study, list[str] | None]:
    """Return the study at its scale, and the ids of the chosen tables and figures.

    Raises:
        UnknownNameError: If there is no such study, table or figure.
        DataError: If the study cannot be used.
    """
    from restorekit.studies import find_study

    load_plugins(args)
    name, _, part = args.study.rpartition("/")
    if not name or part.endswith((".yml", ".yaml")):
        name, part = args.study, ""
    study = find_study(name).at_scale(args.scale)
    known = list(study.parts)
    if part and part not in known:
        raise UnknownNameError(
            f"The study {study.name} has no table or figure {part!r} at the scale {study.scale}."
            f"{did_you_mean(part, known)} It has {', '.join(known)}."
        )
    return study, [part] if part else None


def chosen_plan(args: argparse.Namespace) -> tuple[Study, list[Planned]]:
    """Return the study at its scale, and what was chosen of it.

    Raises:
        UnknownNameError: If a name is not known.
        ConfigError: If a seed is negative, or a config cannot be used.
    """
    from mmengine.logging import MMLogger

    from restorekit.studies.run import plan

    study, parts = chosen_study(args)
    for run in args.runs or ():
        if run not in study.runs:
            raise UnknownNameError(
                f"--run {run}: the study {study.name} has no such run at the scale {study.scale}."
                f"{did_you_mean(run, study.runs)} It has {', '.join(study.runs)}."
            )
    for seed in args.seeds or ():
        if seed < 0:
            raise ConfigError(f"--seeds {seed}: a seed is a whole number of at least 0.")
    # It reports each environment variable of each config.
    MMLogger.get_current_instance().setLevel("WARNING")
    planned = plan(study, chosen_root(args), parts=parts, runs=args.runs, seeds=args.seeds)
    return study, planned
