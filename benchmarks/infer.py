"""Time a network's inference, plain and accelerated; by default DCSFN's at 480×320 pixels.

"plain" is the network as written in restorekit/archs; "accelerated" is the result of
restorekit.fast.accelerate; "command line" also keeps freed memory, as restorekit's commands do.
"limit" is the time that the network's arithmetic would take at the speed of large matrix
products on this machine.

On a GPU: --device cuda --amp bf16 --channels-last --compile blocks. Nothing has been measured
on a GPU yet.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Mapping
from typing import Any

from benchmarks import limit, report
from benchmarks import network_options as networks
from benchmarks.network_options import LIMIT, Options, Shape, Work
from benchmarks.report import Benchmark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks infer``."""
    networks.add_arguments(parser, size=(320, 480), batch=1)


def run(args: argparse.Namespace) -> None:
    """Time the contenders, and show medians and ratios."""
    network = networks.network_config(args)
    shape = (args.batch, args.height, args.width)
    contenders: dict[str, Any] = {
        name: functools.partial(inference, network, options, shape)
        for name, options in networks.contenders_of(args).items()
    }
    contenders[LIMIT] = functools.partial(limit.as_much_arithmetic, network, shape, 1, args.device)
    report.run(
        args,
        Benchmark(
            name="infer",
            title=f"{network['type']}, inference, {args.width}×{args.height}, float32 unless said",
            contenders=contenders,
            comparisons=networks.comparisons_of(contenders),
            unit="image",
            units=args.batch,
            show_memory=True,
        ),
    )


def inference(network: Mapping[str, Any], options: Options, shape: Shape) -> Work:
    """Set up inference of a batch; see :func:`benchmarks.train.training`."""
    import torch

    from restorekit.archs import forward_padded

    built = networks.build(network, options, training=False).eval()
    images = networks.images_of(shape, options)

    def work() -> None:
        with torch.inference_mode(), networks.autocast(options):
            forward_padded(built, images)

    return networks.ready(work, options)
