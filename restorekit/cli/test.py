"""Restore a test set, measure it under named protocols, and write results.json."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorekit.cli.measuring import (
    add_metrics,
    add_protocols,
    chosen_measures,
    chosen_protocols,
    write_all,
)
from restorekit.cli.options import add_config, add_config_changes, config_from
from restorekit.errors import ConfigError, OutputError
from restorekit.io.files import require_writable, write_text

if TYPE_CHECKING:
    from mmengine.config import Config

    from restorekit.evaluation.results import Results


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit test``."""
    add_config(parser)
    parser.add_argument(
        "checkpoint",
        help="checkpoint of a training, a converted or published network, or a work folder: its "
        "last good checkpoint",
    )
    add_protocols(
        parser,
        "measure under this protocol instead of the config's; repeatable, or 'all'",
    )
    add_metrics(
        parser,
        "take this measure too (default without clean images: one that needs none); "
        "repeatable, `restorekit list measures` shows all",
    )
    parser.add_argument(
        "--test-set",
        action="append",
        default=[],
        metavar="NAME[=FOLDER]",
        help="test on this set instead of the config's: a dataset of the catalog in data/ or "
        "in FOLDER, other images in FOLDER, or one of the config's test sets; repeatable",
    )
    parser.add_argument(
        "--tile",
        metavar="auto|N|off",
        help="restore in tiles of N pixels, in tiles where memory asks for it (auto), or whole "
        "(off); default: test_cfg.tile of the config, or off",
    )
    parser.add_argument(
        "--ensemble",
        action="store_true",
        help="average over the eight flips and rotations of each image",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="results file (default: <work folder>/results.json); the rainy input's results "
        "are written beside it as rainy_input.json; of several test sets each has these files "
        "in a folder with its name",
    )
    parser.add_argument(
        "--save-dir",
        metavar="D",
        help="folder for the restored images as PNG; of several test sets, one with its name in it",
    )
    add_config_changes(parser)


def run(args: argparse.Namespace) -> None:
    """Test as ``args`` say."""
    from restorekit.engine.test_sets import choose_test_sets, split_test_sets, test_loaders
    from restorekit.engine.testing import find_checkpoint, require_test_sets
    from restorekit.engine.testing_config import take_network

    checkpoint = find_checkpoint(args.checkpoint)
    # It loads the plugins, whose protocols and measures may be meant.
    config = config_from(args)
    chosen_protocols(args.protocol)
    chosen_measures(args.metric)
    if config.get("test_dataloader") is None:
        raise ConfigError(f"The config {args.config} has no test_dataloader: nothing to test on.")
    _set_inference(config, args)
    if args.test_set:
        choose_test_sets(config, args.test_set)
    if args.data_root and test_loaders(config):
        raise ConfigError(
            "--data-root is the folder of one dataset: name the folder of each test set with "
            "--test-set NAME=FOLDER."
        )
    sets = split_test_sets(config)
    outputs = {name: _outputs(args, config, name, len(sets)) for name in sets}
    for out, save_dir in outputs.values():
        require_writable(out, "--out" if args.out else "", example="results.json")
        if save_dir:
            require_writable(save_dir, "--save-dir", folder=True)
    # Who sets the network's parameters here wants them to stay.
    if not any(key.startswith("model.network") for key in args.cfg_options or ()):
        taken = take_network(config, str(checkpoint))
        if taken:
            sys.stdout.write(
                f"The network is the one that {checkpoint} holds; the config has another "
                f"{', '.join(taken)}.\n"
            )
    for one in sets.values():
        one.model = config.model
    if len(sets) > 1:
        require_test_sets(sets)
    found: dict[str, Results] = {}
    unsaved: list[str] = []
    for name, one in sets.items():
        results, problem = _test(args, one, str(checkpoint), *outputs[name])
        found |= results
        unsaved += [problem] if problem else []
    if len(sets) > 1 and found:
        _write_table(found, outputs)
    if unsaved:
        raise OutputError(" ".join(unsaved))


def _set_inference(config: Config, args: argparse.Namespace) -> None:
    """Set the tiles and the self-ensemble of the command line."""
    options: dict[str, Any] = {}
    if args.tile is not None:
        from restorekit.inference import parse_tile

        options["tile"] = parse_tile(args.tile, "--tile")
    if args.ensemble:
        options["ensemble"] = True
    if options:
        config.test_cfg = {**(config.get("test_cfg") or {}), **options}


def _outputs(
    args: argparse.Namespace, config: Config, name: str, sets: int
) -> tuple[Path, str | None]:
    """Return the results file of a test set, and the folder of its restored images."""
    out = Path(args.out or Path(config.work_dir) / "results.json")
    if name and (sets > 1 or not args.out):
        out = out.parent / name / out.name
    save_dir = args.save_dir
    return out, str(Path(save_dir) / name) if save_dir and sets > 1 else save_dir


def _test(
    args: argparse.Namespace, config: Config, checkpoint: str, out: Path, save_dir: str | None
) -> tuple[dict[str, Results], str | None]:
    """Test on one set, show and write the results; return them by file, and what is unsaved."""
    from restorekit.engine.distributed import wait_for_all
    from restorekit.engine.testing import run_test
    from restorekit.leaderboard import make_sections, markdown, rank_all

    protocols = [protocol.name for protocol in chosen_protocols(args.protocol)]
    outcome = run_test(config, checkpoint, protocols, save_dir, chosen_measures(args.metric))
    wait_for_all()
    if outcome is None:
        return {}, None
    rainy_out = out.with_name("rainy_input.json")
    both = {str(out): outcome.results, str(rainy_out): outcome.rainy_input}
    # Shown first: a disk may have filled up in the meantime.
    if outcome.results.measures:
        sys.stdout.write(f"\n{markdown(make_sections(rank_all(both)))}\n")
    for key, value in outcome.results.scalars.items():
        sys.stdout.write(f"{key}: {value:g}\n")
    write_all(both)
    sys.stdout.write(f"Results: {out} and {rainy_out}\n")
    return both, outcome.unsaved


def _write_table(found: Mapping[str, Results], outputs: Mapping[str, tuple[Path, Any]]) -> None:
    """Show and write the table of all test sets."""
    from restorekit.leaderboard import across_test_sets, markdown_table

    table = markdown_table(across_test_sets(found))
    file = next(iter(outputs.values()))[0].parent.parent / "test_sets.md"
    sys.stdout.write(f"\n## All test sets\n\n{table}\n")
    write_text(file, table)
    sys.stdout.write(f"This table: {file}\n")
