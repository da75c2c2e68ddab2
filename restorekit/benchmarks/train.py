"""Time training steps, by default DCSFN's with four patches of 64×64, against its plain form.

A step is forward, the SSIM loss in float32, backward and Adam. The plain form computes step by
step what the paper and the released code say, with the same weights. The limit is three times
the arithmetic of the forward pass at the rate of large products on this machine: how
many times as fast as it ours is, is the share of that rate that ours reaches.

On a GPU: --device cuda --batch 24 --amp bf16 --channels-last --compile blocks. The figures in
the documentation are from a CPU; nothing has been measured on a GPU yet.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from restorekit.benchmarks import limit, networks, report
from restorekit.benchmarks.networks import LIMIT, Options, Shape, Work
from restorekit.benchmarks.report import Benchmark
from restorekit.errors import ConfigError

if TYPE_CHECKING:
    import torch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit bench train``."""
    networks.add_arguments(parser, size=(64, 64), batch=4)
    parser.add_argument("--steps", type=int, default=1, help="steps of a round (default: 1)")
    parser.add_argument("--fused", action="store_true", help="let Adam do all weights at once")


def run(args: argparse.Namespace) -> None:
    """Time, and show medians and ratios."""
    if args.steps < 1:
        raise ConfigError(f"--steps is {args.steps}, but must be at least 1.")
    network = networks.network_config(args)
    shape = (args.batch, args.height, args.width)
    kinds = networks.contenders_of(args, network)
    contenders: dict[str, Any] = {
        name: functools.partial(
            training, network, plain, options, shape, args.steps, args.fused and not plain
        )
        for name, (plain, options) in kinds.items()
    }
    contenders[LIMIT] = functools.partial(
        limit.as_much_arithmetic, network, shape, 3 * args.steps, args.device
    )
    report.run(
        args,
        Benchmark(
            name="train",
            title=f"{network['type']}, training, {args.batch}×{args.width}×{args.height}, float32 "
            "unless said",
            contenders=contenders,
            comparisons=networks.comparisons_of(contenders),
            unit="step",
            units=args.steps,
            show_memory=True,
        ),
    )


def training(
    network: Mapping[str, Any],
    plain: bool,
    options: Options,
    shape: Shape,
    steps: int,
    fused: bool = False,
    distribute: Callable[[Any], Any] = lambda built: built,
) -> Work:
    """Set up training steps.

    Args:
        network: Config of the network.
        plain: Whether its plain form is trained.
        options: How it is run.
        shape: Of a batch.
        steps: How many a round has.
        fused: Whether Adam does all weights at once.
        distribute: Wraps the network for training by several processes.
    """
    import torch

    from restorekit.archs import forward_padded
    from restorekit.losses import SSIMLoss

    built = distribute(networks.build(network, plain, options).train())
    optimizer = torch.optim.Adam(built.parameters(), lr=5e-4, fused=fused or None)
    loss = SSIMLoss()
    lq, gt = (networks.images_of(shape, options) for _ in range(2))

    def step() -> None:
        optimizer.zero_grad()
        with networks.autocast(options):
            outputs = forward_padded(built, lq)
        _total(loss, outputs, gt).backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    def work() -> None:
        for _ in range(steps):
            step()

    return networks.ready(work, options)


def _total(loss: Any, outputs: Any, gt: torch.Tensor) -> torch.Tensor:
    """Return the loss; of a network of several stages the sum of theirs."""
    stages = outputs if isinstance(outputs, (tuple, list)) else [outputs]
    total: torch.Tensor = sum(loss(stage.float(), gt) for stage in stages)
    return total
