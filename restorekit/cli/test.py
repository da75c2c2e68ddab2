"""Restore a test set, measure it under named protocols, and write results.json."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from restorekit.cli.measuring import chosen_measures, chosen_protocols, write_all
from restorekit.cli.options import add_config_options, config_from
from restorekit.errors import ConfigError
from restorekit.io.files import require_writable


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit test``."""
    add_config_options(parser)
    parser.add_argument(
        "checkpoint",
        help="checkpoint of a training, a converted or published network, or a work folder: its "
        "last good checkpoint",
    )
    parser.add_argument(
        "--protocol",
        action="append",
        default=[],
        metavar="NAME",
        help="measure under this protocol instead of the config's; repeatable, or 'all'",
    )
    parser.add_argument(
        "--metric",
        action="append",
        default=[],
        metavar="NAME[:VARIANT]",
        help="take this measure too (default without clean images: one that needs none); "
        "repeatable, `restorekit list measures` shows all",
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="results file (default: <work folder>/results.json); the rainy input's results "
        "are written beside it as rainy_input.json",
    )
    parser.add_argument("--save-dir", metavar="D", help="folder for the restored images as PNG")


def run(args: argparse.Namespace) -> None:
    """Test as ``args`` say."""
    from restorekit.engine.distributed import wait_for_all
    from restorekit.engine.testing import find_checkpoint, run_test, take_network
    from restorekit.leaderboard import make_sections, markdown, rank_all

    checkpoint = find_checkpoint(args.checkpoint)
    # It loads the plugins, whose protocols and measures may be meant.
    config = config_from(args)
    protocols = [protocol.name for protocol in chosen_protocols(args.protocol)]
    measures = chosen_measures(args.metric)
    if config.get("test_dataloader") is None:
        raise ConfigError(f"The config {args.config} has no test_dataloader: nothing to test on.")
    out = Path(args.out or Path(config.work_dir) / "results.json")
    require_writable(out, "--out" if args.out else "", example="results.json")
    if args.save_dir:
        require_writable(args.save_dir, "--save-dir", folder=True)
    # Who sets the network's parameters here wants them to stay.
    if not any(key.startswith("model.network") for key in args.cfg_options or ()):
        taken = take_network(config, str(checkpoint))
        if taken:
            sys.stdout.write(
                f"The network is the one that {checkpoint} holds; the config has another "
                f"{', '.join(taken)}.\n"
            )
    outcome = run_test(config, str(checkpoint), protocols, args.save_dir, measures)
    wait_for_all()
    if outcome is None:
        return
    rainy_out = out.with_name("rainy_input.json")
    both = {str(out): outcome.results, str(rainy_out): outcome.rainy_input}
    # Shown first: a disk may have filled up in the meantime.
    if outcome.results.measures:
        sys.stdout.write(f"\n{markdown(make_sections(rank_all(both)))}\n")
    for key, value in outcome.results.scalars.items():
        sys.stdout.write(f"{key}: {value:g}\n")
    write_all(both)
    sys.stdout.write(f"Results: {out} and {rainy_out}\n")
