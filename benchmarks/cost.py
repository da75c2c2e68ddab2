"""Time how inference and training scale with image size, channels and batch size.

Each of the three is varied separately; --height, --width, --batch and the config give the values
of the others. --plot draws the result on logarithmic axes, with lines of proportional growth.
"""

from __future__ import annotations

import argparse
import functools
from typing import Any

from benchmarks import network_options as networks
from benchmarks import report
from benchmarks.cost_plot import Point, draw
from benchmarks.infer import inference
from benchmarks.network_options import Options, Shape
from benchmarks.report import Benchmark
from benchmarks.train import training
from restorekit.errors import ConfigError
from restorekit.figures.saving import check_outputs

#: What can be varied: the option to its default values and their meaning.
_VARIED = {
    "sides": ((64, 96, 128, 192, 256), "sides of square images"),
    "channels": ((8, 16, 32, 64), "channels of the network"),
    "batches": ((1, 2, 4, 8), "images in a batch"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks cost``."""
    report.add_arguments(parser, rounds=3)
    report.add_device_argument(parser)
    networks.add_network_arguments(parser, size=(64, 64), batch=1)
    for name, (values, what) in _VARIED.items():
        shown = " ".join(map(str, values))
        options: dict[str, Any] = {"type": int, "nargs": "*", "default": values, "metavar": "N"}
        parser.add_argument(f"--{name}", help=f"{what} (default: {shown})", **options)
    parser.add_argument("--plot", metavar="F", help="draw the result to this .svg, .pdf or .png")


def run(args: argparse.Namespace) -> None:
    """Time the contenders, show medians, and draw them.

    Raises:
        ConfigError: If there is nothing to vary, or the format of --plot is not supported.
    """
    if args.plot:
        check_outputs([args.plot], "--plot")
    network = networks.network_config(args)
    shape: Shape = (args.batch, args.height, args.width)
    settings = [
        *(("sides", value, network, (args.batch, value, value)) for value in args.sides),
        *(("channels", value, {**network, "channels": value}, shape) for value in args.channels),
        *(("batches", value, network, (value, *shape[1:])) for value in args.batches),
    ]
    if not settings:
        raise ConfigError("There is nothing to vary: give --sides, --channels or --batches values.")
    options = Options(keep_freed_memory=True, device=args.device)
    contenders: dict[str, Any] = {}
    points: dict[str, tuple[str, int, str]] = {}
    for varied, value, varied_network, varied_shape in settings:
        arguments = (varied_network, options, varied_shape)
        for task, work in (
            ("inference", functools.partial(inference, *arguments)),
            ("training", functools.partial(training, *arguments, 1)),
        ):
            name = f"{task}, {_VARIED[varied][1]}: {value}"
            contenders[name] = work
            points[name] = (varied, value, task)
    results = report.run(
        args,
        Benchmark(
            name="cost",
            title=f"{network['type']}, {args.batch}×{args.width}×{args.height} unless said",
            contenders=contenders,
            comparisons=[],
            unit="batch",
            show_memory=True,
            interleaved=False,
        ),
    )
    if args.plot:
        found = results["contenders"]
        draw(
            args.plot,
            results["title"],
            {name: what for name, (_, what) in _VARIED.items()},
            [Point(*what, found[name]["seconds"]) for name, what in points.items()],
        )
