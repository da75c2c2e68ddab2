"""Time training with several processes of one thread each, against a single such process.

Each process has its own batch, and gradients are averaged over gloo after every step, as in
distributed training. A round has the same number of images for both contenders. With a core for
each, N processes are at best N times as fast.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from benchmarks import network_options as networks
from benchmarks import report
from benchmarks.network_options import Options, Shape, Work
from benchmarks.report import Benchmark
from benchmarks.train import training
from restorekit.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks scaling``."""
    report.add_arguments(parser)
    networks.add_network_arguments(parser, size=(64, 64), batch=4)
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="(default: 2)")


def run(args: argparse.Namespace) -> None:
    """Time the contenders, and show medians and ratios."""
    if args.processes < 2:
        raise ConfigError(f"--processes is {args.processes}, but must be at least 2.")
    args.threads = args.threads or 1
    network = networks.network_config(args)
    shape = (args.batch, args.height, args.width)
    one, several = "1 process", f"{args.processes} processes"
    report.run(
        args,
        Benchmark(
            name="scaling",
            title=f"{network['type']}, training, {args.batch}×{args.width}×{args.height}, "
            f"{args.threads} thread(s) a process",
            contenders={
                one: functools.partial(_together, network, shape, args.processes, 1),
                several: functools.partial(_together, network, shape, 1, args.processes),
            },
            comparisons=[(several, one)],
            unit="image",
            units=args.processes * args.batch,
        ),
    )


def _together(network: Mapping[str, Any], shape: Shape, steps: int, processes: int) -> Work:
    """Set up training in this process, together with others if ``processes`` is above 1."""
    if processes == 1:
        return training(network, Options(keep_freed_memory=True), shape, steps)
    store = _store(processes, 0, is_master=True)
    context = multiprocessing.get_context("spawn")
    others = []
    for rank in range(1, processes):
        connection, other = context.Pipe()
        arguments = (other, store.port, rank, processes, network, shape, steps)
        # As a daemon it ends with this process.
        context.Process(target=_follow, args=arguments, daemon=True).start()
        others.append(connection)
    step = _member(store, 0, processes, network, shape, steps)

    def work() -> None:
        for connection in others:
            connection.send("round")
        step()

    return work


def _follow(
    connection: Connection, port: int, rank: int, processes: int, *training_arguments: Any
) -> None:
    """Run one of the other processes: train for a round whenever the first process does."""
    step = _member(_store(processes, port), rank, processes, *training_arguments)
    try:
        while True:
            connection.recv()
            step()
    except (EOFError, KeyboardInterrupt):
        return


def _store(processes: int, port: int, is_master: bool = False) -> Any:
    """Return the store through which the processes find each other; port 0 is any free one."""
    from torch.distributed import TCPStore  # type: ignore[attr-defined]

    return TCPStore("127.0.0.1", port, processes, is_master, wait_for_workers=False)


def _member(
    store: Any, rank: int, processes: int, network: Mapping[str, Any], shape: Shape, steps: int
) -> Work:
    import torch
    from torch.nn.parallel import DistributedDataParallel

    torch.distributed.init_process_group("gloo", store=store, rank=rank, world_size=processes)
    options = Options(keep_freed_memory=True)
    return training(network, options, shape, steps, distribute=DistributedDataParallel)
