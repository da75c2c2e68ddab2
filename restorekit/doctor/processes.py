"""Whether several processes can train together."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence

import torch
import torch.distributed

from .finding import Finding

_SECONDS = 60
_PROGRAM = """
import sys, datetime, torch, torch.distributed as dist
backend = sys.argv[1]
dist.init_process_group(backend, timeout=datetime.timedelta(seconds=40))
device = f"cuda:{dist.get_rank()}" if backend == "nccl" else "cpu"
value = torch.full((8,), float(dist.get_rank() + 1), device=device)
dist.all_reduce(value)
dist.destroy_process_group()
sys.exit(0 if value.tolist() == [3.0] * 8 else 1)
"""


def check_processes() -> Iterator[Finding]:
    """Add numbers in two processes, over gloo and, on two GPUs, over NCCL."""
    if not torch.distributed.is_available():
        yield Finding(
            "processes",
            "note",
            "this PyTorch has no torch.distributed",
            "train with one process, or install another build",
        )
        return
    backends = ["gloo"]
    if torch.cuda.device_count() >= 2 and torch.distributed.is_nccl_available():
        backends.append("nccl")
    for backend in backends:
        yield _together(backend)


def on_two_ranks(command: Sequence[str], seconds: float) -> list[tuple[int, str]]:
    """Run a command as rank 0 and rank 1 of 2 on this machine.

    Args:
        command: Program and arguments; its environment holds the rank, as torchrun sets it.
        seconds: How long to wait for each.

    Returns:
        Exit status and standard error of each.

    Raises:
        subprocess.TimeoutExpired: If one takes longer; both are killed.
    """
    processes = [
        subprocess.Popen(  # noqa: S603  the caller's
            list(command),
            env={**os.environ, **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for environment in rank_environments()
    ]
    try:
        errors = [process.communicate(timeout=seconds)[1] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return [(process.returncode, error) for process, error in zip(processes, errors, strict=True)]


def rank_environments() -> list[dict[str, str]]:
    """Return the environment variables of rank 0 and rank 1 of 2, which meet at a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    shared = {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": "2",
        "OMP_NUM_THREADS": "1",
    }
    return [{**shared, "RANK": rank, "LOCAL_RANK": rank} for rank in "01"]


def _together(backend: str) -> Finding:
    remedy = (
        "check the firewall for this machine's own addresses; GLOO_SOCKET_IFNAME=lo or "
        "NCCL_SOCKET_IFNAME=lo chooses the interface; training with one process needs none of it"
    )
    try:
        ended = on_two_ranks([sys.executable, "-c", _PROGRAM, backend], _SECONDS)
    except subprocess.TimeoutExpired:
        return Finding(backend, "problem", f"no answer within {_SECONDS} seconds", remedy)
    if any(status for status, _ in ended):
        last = next((error.strip().splitlines()[-1] for _, error in ended if error.strip()), "")
        return Finding(backend, "problem", f"two processes failed: {last}", remedy)
    return Finding(backend, "ok", "two processes add numbers")
