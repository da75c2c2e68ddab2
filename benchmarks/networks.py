"""Measure every network on the CPU: time and memory a megapixel, plain and accelerated.

Time is that of the processor, which other work on the machine changes least. The networks are
those of the first config of each method in the catalog, with random weights, on one image of noise.
--results keeps what was measured as JSON, from which tools/model_zoo.py writes the table of
docs/model_zoo.md; --plot draws it. Networks that the file holds already are not measured again, so
that an interrupted run continues. Each keeps the number of its rounds: remove one from the file to
measure it in more of them.
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.infer import inference
from benchmarks.network_options import FAST, PLAIN, Options, network_of
from benchmarks.network_plot import draw
from benchmarks.timing import race
from restorekit.catalog import Method, all_methods
from restorekit.errors import ConfigError, RestoreKitError, UnknownNameError, did_you_mean
from restorekit.evaluation.environment import collect_environment
from restorekit.figures.saving import check_outputs
from restorekit.io.files import write_json
from restorekit.io.terminal import text_table
from restorekit.models.complexity import COUNTED_SIDE, count_accelerated_macs
from restorekit.registry import MODELS

COUNTED = (COUNTED_SIDE, COUNTED_SIDE)
CONTENDERS = {PLAIN: Options(accelerate=False), FAST: Options()}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks networks``."""
    parser.add_argument("methods", nargs="*", metavar="METHOD", help="(default: all)")
    parser.add_argument("--side", type=int, default=256, metavar="N", help="(default: 256)")
    parser.add_argument("--rounds", type=int, default=3, help="timed rounds (default: 3)")
    parser.add_argument("--threads", type=int, default=2, help="threads (default: 2)")
    parser.add_argument("--results", metavar="F", help="JSON file to add to")
    parser.add_argument("--plot", metavar="F", help="draw quality of size to .svg, .pdf or .png")


def run(args: argparse.Namespace) -> None:
    """Measure what is missing, and show the table.

    Raises:
        ConfigError: If an argument cannot be used.
        UnknownNameError: If the catalog has no such method.
    """
    for option in ("side", "rounds", "threads"):
        if getattr(args, option) < 1:
            raise ConfigError(f"--{option} is {getattr(args, option)}, but must be at least 1.")
    if args.plot:
        check_outputs([args.plot], "--plot")
    methods = _chosen(args.methods)
    results = _read(args)
    for method in methods:
        if method.id not in results["networks"]:
            results["networks"][method.id] = _measure(method, args)
            if args.results:
                write_json(args.results, results)
    chosen = {method.id: results["networks"][method.id] for method in methods}
    sys.stdout.write(_text(chosen, args.side))
    if args.plot:
        draw(args.plot, {all_methods()[name].name: one for name, one in chosen.items()})


def _chosen(names: list[str]) -> list[Method]:
    known = all_methods()
    for name in names:
        if name not in known:
            raise UnknownNameError(
                f"The catalog has no method {name!r}.{did_you_mean(name, known)} It has "
                f"{', '.join(known)}."
            )
    return [known[name] for name in names or known]


def _read(args: argparse.Namespace) -> dict[str, Any]:
    """Return earlier results under the same settings, or empty ones."""
    settings = {"side": args.side, "threads": args.threads}
    if args.results and Path(args.results).exists():
        found: dict[str, Any] = json.loads(Path(args.results).read_text(encoding="utf-8"))
        if found["settings"] != settings:
            raise ConfigError(
                f"--results {args.results} was measured with {found['settings']}, not {settings}: "
                "choose another file."
            )
        return found
    return {"settings": settings, "environment": collect_environment(), "networks": {}}


def _measure(method: Method, args: argparse.Namespace) -> dict[str, Any]:
    network = network_of(method.configs[0].path)
    shape = (1, args.side, args.side)
    setups: dict[str, Any] = {
        name: functools.partial(inference, network, options, shape)
        for name, options in CONTENDERS.items()
    }
    try:
        found = race(setups, args.rounds, args.threads, method.name)
    except RestoreKitError as error:
        raise RestoreKitError(f"{method.name}: {error}") from error
    megapixels = args.side**2 / 1e6
    ratios = [
        one.processor / other.processor
        for one, other in zip(found[PLAIN], found[FAST], strict=True)
    ]
    return {
        "parameters": method.configs[0].parameters,
        "macs": method.configs[0].macs,
        "macs_carried_out": count_accelerated_macs(MODELS.build(dict(network)), *COUNTED),
        **{
            name: {
                "seconds": median(one.processor for one in rounds) / megapixels,
                "memory_mb": max(one.memory for one in rounds) / 2**20 / megapixels,
            }
            for name, rounds in found.items()
        },
        "times_as_fast": median(ratios),
        "rounds": args.rounds,
    }


def _text(networks: dict[str, Any], side: int) -> str:
    rows = [
        [
            all_methods()[name].name,
            f"{one['parameters']:,}",
            f"{one['macs'] / 1e9:.2f}",
            f"{one[PLAIN]['seconds']:.1f}",
            f"{one[FAST]['seconds']:.1f}",
            f"{one['times_as_fast']:.2f}",
            f"{one[PLAIN]['memory_mb'] / 1024:.1f}",
            f"{one[FAST]['memory_mb'] / 1024:.1f}",
        ]
        for name, one in networks.items()
    ]
    title = [
        *("network", "parameters", "GMACs at 256×256", "s a megapixel", "accelerated"),
        *("times as fast", "GB a megapixel", "accelerated"),
    ]
    shown = text_table(title, rows, right=range(1, 8))
    return f"One image of {side}×{side} pixels, float32\n{shown}"
