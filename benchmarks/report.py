"""What every benchmark has: options, the race, the printed table, and the JSON file."""

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
    """What races against what.

    Attributes:
        name: Of the benchmark.
        title: What is worked on, for people: sizes and numbers.
        contenders: See :func:`~benchmarks.timing.race`.
        comparisons: Pairs of contenders, ours and the one that it is divided by; those with a
            contender that is not there are left out.
        unit: What a time is given for: ``image``, ``step``.
        units: How many of them a round does; by contender where they differ: of a slow one
            a round may do less.
        show_memory: Whether memory is of interest.
        interleaved: Whether rounds alternate; otherwise one contender after the other runs, and
            only one is in memory.
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
        """Return how many units a round of a contender does."""
        return self.units if isinstance(self.units, int) else self.units[contender]


def add_arguments(parser: argparse.ArgumentParser, rounds: int = 5) -> None:
    """Add the arguments of every benchmark.

    Args:
        parser: Of the benchmark.
        rounds: How many are timed if nothing is said.
    """
    parser.add_argument(
        "--rounds", type=int, default=rounds, help=f"timed rounds (default: {rounds})"
    )
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="threads that each contender may use (default: as many as it takes by itself)",
    )
    parser.add_argument("--json", metavar="F", help="file for the results")


def add_device_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--device``, for benchmarks of what runs in PyTorch."""
    parser.add_argument("--device", default="cpu", help="cpu, cuda, cuda:1 … (default: cpu)")


def run(args: argparse.Namespace, benchmark: Benchmark) -> dict[str, Any]:
    """Race, show medians and ratios, write them to a file if asked to, and return them.

    Args:
        args: What was called; its values go into the results' settings.
        benchmark: What races.

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
    """Return times for one unit and memory of whole rounds."""
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
    """Compare round with round, which a machine that is busy for a while changes least.

    ``units`` is how many of them a round of the other does for each of ours.
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
    """Return the table of contenders and that of ratios."""
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
    """Return the largest unit in which the shortest time has a digit before its point."""
    return next((unit for unit in _TIME_UNITS if seconds >= unit[0]), _TIME_UNITS[-1])


def _processor() -> str:
    """Return what the processor calls itself, where the system says it."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text().splitlines() if table.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else "unknown"
