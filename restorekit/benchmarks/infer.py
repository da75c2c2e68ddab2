"""Time a network's inference, by default DCSFN's on an image of 480×320, against its plain form.

The plain form computes step by step what the paper and the released code say, with the same
weights. The limit is the network's arithmetic at the rate of large products on this machine:
how many times as fast as it ours is, is the share of that rate that ours reaches.

On a GPU: --device cuda --amp bf16 --channels-last --compile blocks. The figures in the
documentation are from a CPU; nothing has been measured on a GPU yet.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Mapping
from typing import Any

from restorekit.benchmarks import limit, networks, report
from restorekit.benchmarks.networks import LIMIT, Options, Shape, Work
from restorekit.benchmarks.report import Benchmark


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit bench infer``."""
    networks.add_arguments(parser, size=(320, 480), batch=1)


def run(args: argparse.Namespace) -> None:
    """Time, and show medians and ratios."""
    network = networks.network_config(args)
    shape = (args.batch, args.height, args.width)
    kinds = networks.contenders_of(args, network)
    contenders: dict[str, Any] = {
        name: functools.partial(inference, network, plain, options, shape)
        for name, (plain, options) in kinds.items()
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


def inference(network: Mapping[str, Any], plain: bool, options: Options, shape: Shape) -> Work:
    """Set up inference of a batch; see :func:`restorekit.benchmarks.train.training`."""
    import torch

    from restorekit.archs import forward_padded

    built = networks.build(network, plain, options).eval()
    images = networks.images_of(shape, options)

    def work() -> None:
        with torch.inference_mode(), networks.autocast(options):
            forward_padded(built, images)

    return networks.ready(work, options)
