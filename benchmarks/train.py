"""Time training steps, plain and accelerated; by default DCSFN's with four 64×64 patches.

A step is a forward pass, the SSIM loss in float32, a backward pass and Adam. The contenders are
those of "infer"; network and loss are plain or accelerated together. "limit" is three times the
arithmetic of the forward pass.

On a GPU: --device cuda --batch 24 --amp bf16 --channels-last --compile blocks. Nothing has
been measured on a GPU yet.
"""

from __future__ import annotations

import argparse
import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from benchmarks import limit, report
from benchmarks import network_options as networks
from benchmarks.network_options import LIMIT, Options, Shape, Work
from benchmarks.report import Benchmark
from restorekit.errors import ConfigError

if TYPE_CHECKING:
    import torch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks train``."""
    networks.add_arguments(parser, size=(64, 64), batch=4)
    parser.add_argument("--steps", type=int, default=1, help="steps in a round (default: 1)")
    parser.add_argument(
        "--fused", action="store_true", help="use the fused Adam with accelerated networks"
    )


def run(args: argparse.Namespace) -> None:
    """Time the contenders, and show medians and ratios."""
    if args.steps < 1:
        raise ConfigError(f"--steps is {args.steps}, but must be at least 1.")
    network = networks.network_config(args)
    shape = (args.batch, args.height, args.width)
    contenders: dict[str, Any] = {
        name: functools.partial(
            training, network, options, shape, args.steps, args.fused and options.accelerate
        )
        for name, options in networks.contenders_of(args).items()
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
    options: Options,
    shape: Shape,
    steps: int,
    fused: bool = False,
    distribute: Callable[[Any], Any] = lambda built: built,
) -> Work:
    """Set up training steps.

    Args:
        network: Config of the network.
        options: How to run it.
        shape: Images, height and width of a batch.
        steps: Number of steps in a round.
        fused: Whether to use the fused Adam.
        distribute: Wraps the network for training with several processes.
    """
    import torch

    from restorekit.archs import forward_padded
    from restorekit.fast import accelerate
    from restorekit.losses import SSIMLoss

    built = distribute(networks.build(network, options, training=True).train())
    optimizer = torch.optim.Adam(built.parameters(), lr=5e-4, fused=fused or None)
    loss = accelerate(SSIMLoss(), training=True) if options.accelerate else SSIMLoss()
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
    """Return the loss, summed over stages if there are several."""
    stages = outputs if isinstance(outputs, (tuple, list)) else [outputs]
    total: torch.Tensor = sum(loss(stage.float(), gt) for stage in stages)
    return total
