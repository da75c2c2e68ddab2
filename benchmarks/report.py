"""Shared by all benchmarks: options, running the contenders, the printed table, the JSON file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.timing import Round, Setup, race
from restorekit.errors import ConfigError
from restorekit.io.terminal import text_table

#: Seconds, milliseconds, microseconds.
_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


@dataclass(frozen=True)
class Benchmark:
    """The contenders of a benchmark, and what to compare and show.

    Attributes:
        name: Name of the benchmark.
        title: Sizes and numbers of the data, for readers.
        contenders: See :func:`~benchmarks.timing.race`.
        comparisons: Pairs of contenders; the time of the first is divided by that of the second.
            Pairs with a missing contender are left out.
        unit: What times are given per: ``image``, ``step``.
        units: Number of units in a round, by contender if it differs: rounds of slow contenders
            may have fewer.
        show_memory: Whether to show memory.
        interleaved: Whether the contenders take turns; otherwise they run one after the other,
            and only one is in memory at a time.
    """

    name: str
    title: str
    contenders: Mapping[str, Setup]
    comparisons: Sequence[tuple[str, str]]
    unit: str = "round"
    units: int | Mapping[str, int] = 1
    show_memory: bool = False
    interleaved: bool = True

    def units_of(self, contender: str) -> int:
        """Return the number of units in a contender's round."""
        return self.units if isinstance(self.units, int) else self.units[contender]


def add_arguments(parser: argparse.ArgumentParser, rounds: int = 5) -> None:
    """Add the arguments of every benchmark.

    Args:
        parser: The benchmark's parser.
        rounds: Default number of timed rounds.
    """
    parser.add_argument(
        "--rounds", type=int, default=rounds, help=f"timed rounds (default: {rounds})"
    )
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="threads that each contender may use (default: the contender's own choice)",
    )
    parser.add_argument("--json", metavar="F", help="file for the results")


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``, for benchmarks that run in PyTorch."""
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 … (default: cpu)")


def run(args: argparse.Namespace, benchmark: Benchmark) -> dict[str, Any]:
    """Run a benchmark, show medians and ratios, write them to ``--json``, and return them.

    Args:
        args: The parsed arguments, which become the results' settings.
        benchmark: The benchmark.

    Raises:
        ConfigError: If an argument cannot be used.
        RestoreKitError: As :func:`~benchmarks.timing.race` raises it.
    """
    from restorekit.io.files import write_json

    for option in ("rounds", "threads"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise ConfigError(f"--{option} is {value}, but must be at least 1.")
    description = f"bench {benchmark.name}"
    contenders = benchmark.contenders
    races = (
        [contenders] if benchmark.interleaved else [{name: contenders[name]} for name in contenders]
    )
    found: dict[str, Sequence[Round]] = {}
    for together in races:
        found |= race(together, args.rounds, args.threads, description)
    results = _results(args, benchmark, found)
    sys.stdout.write(_text(results, benchmark.show_memory))
    if args.json:
        write_json(args.json, results)
        sys.stdout.write(f"\nResults: {args.json}\n")
    return results


def _results(
    args: argparse.Namespace, benchmark: Benchmark, found: Mapping[str, Sequence[Round]]
) -> dict[str, Any]:
    from restorekit.evaluation.environment import collect_environment

    contenders = {
        name: _contender(rounds, benchmark.units_of(name)) for name, rounds in found.items()
    }
    settings = {
        name: value
        for name, value in vars(args).items()
        if name != "json" and isinstance(value, (str, int, float, list, tuple, type(None)))
    }
    return {
        "benchmark": benchmark.name,
        "title": benchmark.title,
        "settings": settings,
        "unit": benchmark.unit,
        "interleaved": benchmark.interleaved,
        "contenders": contenders,
        "ratios": [
            _ratio(
                ours,
                other,
                found[ours],
                found[other],
                units=benchmark.units_of(other) / benchmark.units_of(ours),
            )
            for ours, other in benchmark.comparisons
            if ours in found and other in found
        ],
        "environment": {"processor": _processor(), **collect_environment()},
    }


def _contender(rounds: Sequence[Round], units: int) -> dict[str, Any]:
    """Return times per unit and the memory of a whole round."""
    seconds = [one.seconds / units for one in rounds]
    found: dict[str, Any] = {
        "seconds": median(seconds),
        "rounds": seconds,
        "memory_mb": max(one.memory for one in rounds) / 2**20,
    }
    on_device = [one.device_memory for one in rounds if one.device_memory is not None]
    return found | ({"device_memory_mb": max(on_device) / 2**20} if on_device else {})


def _ratio(
    ours: str,
    other: str,
    our_rounds: Sequence[Round],
    other_rounds: Sequence[Round],
    units: float = 1.0,
) -> dict[str, Any]:
    """Compare round by round, which depends least on what else the machine is doing.

    Args:
        ours: Name of the first contender.
        other: Name of the second contender.
        our_rounds: Rounds of the first.
        other_rounds: Rounds of the second.
        units: Units in a round of the second for each unit in a round of the first.
    """
    ratios = [
        units * one.seconds / another.seconds
        for one, another in zip(our_rounds, other_rounds, strict=True)
    ]
    return {
        "ours": ours,
        "reference": other,
        "time": median(ratios),
        "lowest": min(ratios),
        "highest": max(ratios),
    }


def _text(results: Mapping[str, Any], show_memory: bool) -> str:
    """Return the tables of contenders and of ratios."""
    contenders = results["contenders"]
    on_device = show_memory and any("device_memory_mb" in one for one in contenders.values())
    factor, symbol = _time_unit(min(one["seconds"] for one in contenders.values()))
    title = ["contender", f"{symbol} a {results['unit']}", "lowest to highest"]
    title += ["memory, MB"] * show_memory + ["on the GPU, MB"] * on_device
    rows = []
    for name, one in contenders.items():
        low, high = (f"{extreme(one['rounds']) / factor:.2f}" for extreme in (min, max))
        row = [name, f"{one['seconds'] / factor:.2f}", f"{low} to {high}"]
        row += [f"{one['memory_mb']:.0f}"] * show_memory
        row += [f"{one.get('device_memory_mb', 0):.0f}"] * on_device
        rows.append(row)
    rounds = len(next(iter(contenders.values()))["rounds"])
    kind = "interleaved " if results["interleaved"] else ""
    lines = [
        f"\n{results['title']}; medians of {rounds} {kind}rounds, each contender in a "
        "process of its own\n\n",
        text_table(title, rows, right=range(1, len(title))),
        "\n",
    ]
    ratios = [
        [f"{one['ours']} / {one['reference']}", f"{one['time']:.3f}",
         f"{one['lowest']:.3f} to {one['highest']:.3f}", f"{1 / one['time']:.2f}"]
        for one in results["ratios"]
    ]  # fmt: skip
    if ratios:
        title = ["ours / reference", "time", "lowest to highest", "times as fast"]
        lines.append(text_table(title, ratios, right=range(1, len(title))))
    return "".join(lines)


def _time_unit(seconds: float) -> tuple[float, str]:
    """Return the largest unit in which a time is at least 1, or the smallest unit."""
    return next((unit for unit in _TIME_UNITS if seconds >= unit[0]), _TIME_UNITS[-1])


def _processor() -> str:
    """Return the processor's model name, if the system tells it."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text().splitlines() if table.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
