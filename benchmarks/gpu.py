"""Measure everything that needs a GPU, in about ten minutes: speed, correctness, two processes.

1. Every network of the catalog gives on the GPU what it gives on the CPU.
2. Images a second in inference and training of DCSFN, Restormer and NAFNet: float32, bfloat16,
   and compiled.
3. Two processes train on one GPU, over gloo, to the weights of one process.

What does not fit into --minutes is left out and named. --results keeps everything as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.infer import inference
from benchmarks.network_options import Options, Shape, network_of
from benchmarks.train import training
from restorekit.catalog import all_methods
from restorekit.doctor.processes import on_two_ranks
from restorekit.errors import ConfigError, one_line
from restorekit.evaluation.environment import collect_environment
from restorekit.io.files import write_json
from restorekit.io.terminal import text_table

SPEED = ("dcsfn", "restormer", "nafnet")
_FORMS = {
    "float32": {},
    "bfloat16": {"amp": "bf16", "channels_last": True},
    "bfloat16, compiled": {"amp": "bf16", "channels_last": True, "compile": "network"},
}
#: Largest difference of the outputs of GPU and CPU, relative to the largest output.
_TOLERANCE = 1e-3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks gpu``."""
    parser.add_argument("--device", default="cuda", help="(default: cuda)")
    parser.add_argument("--minutes", type=float, default=10, help="(default: 10)")
    parser.add_argument("--side", type=int, default=256, help="of images (default: 256)")
    parser.add_argument("--batch", type=int, default=8, help="in training (default: 8)")
    parser.add_argument("--results", metavar="F", help="JSON file for everything")


def run(args: argparse.Namespace) -> None:
    """Measure, show tables, and write the results.

    Raises:
        ConfigError: If there is no such device.
    """
    import torch

    if args.device.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(f"--device {args.device}: PyTorch finds no GPU here.")
    end = time.monotonic() + 60 * args.minutes
    results: dict[str, Any] = {"environment": collect_environment(), "device": args.device}
    if args.device.startswith("cuda"):
        results["gpu"] = torch.cuda.get_device_name(args.device)
    results["correct"] = _each(all_methods(), lambda name: _difference(name, args), end)
    _show(
        "output on the GPU against the CPU", ("network", "largest difference"), results["correct"]
    )
    speeds = {
        f"{name}, {task}, {form}": (name, task, options)
        for name in SPEED
        for task in ("inference", "training")
        for form, options in _FORMS.items()
    }
    results["speed"] = _each(speeds, lambda key: _speed(*speeds[key], args), end)
    _show("images a second", ("what", "images a second"), results["speed"])
    results["two_processes"] = _each(["gloo"], lambda _: _two_processes(args.device), end)
    _show(
        "two processes on one device", ("over", "difference of weights"), results["two_processes"]
    )
    if args.results:
        write_json(args.results, results)


def _each(names: Any, measure: Callable[[str], float], end: float) -> dict[str, Any]:
    """Measure each until the time is over; what fails or is left out says so."""
    found: dict[str, Any] = {}
    for name in names:
        if time.monotonic() > end:
            found[name] = "left out: no time"
            continue
        try:
            found[name] = measure(name)
        except Exception as error:  # the others are measured all the same
            found[name] = f"failed: {type(error).__name__}: {one_line(str(error))}"
        sys.stderr.write(f"{name}: {found[name]}\n")
    return found


def _show(title: str, head: tuple[str, str], found: dict[str, Any]) -> None:
    rows = [[name, f"{one:.3g}" if isinstance(one, float) else one] for name, one in found.items()]
    sys.stdout.write(f"\n{title}\n{text_table(head, rows, right=[1])}")


def _difference(method: str, args: argparse.Namespace) -> float:
    """Return the largest difference of outputs, relative to the largest output.

    Raises:
        ConfigError: If it is too large.
    """
    import torch

    from restorekit.archs import forward_padded
    from restorekit.fast import accelerate
    from restorekit.models.restorer import final_output
    from restorekit.registry import MODELS

    torch.manual_seed(0)
    network = MODELS.build(network_of(all_methods()[method].configs[0].path)).eval()
    lq = torch.rand(1, 3, args.side // 2, args.side // 2 + 5)
    # TensorFloat-32 would hide errors behind its own.
    allowed = torch.backends.cudnn.allow_tf32
    torch.backends.cudnn.allow_tf32 = False
    try:
        with torch.inference_mode():
            expected = final_output(forward_padded(network, lq))
            network = network.to(args.device)
            outputs = [
                final_output(forward_padded(one, lq.to(args.device))).cpu()
                for one in (network, accelerate(network))
            ]
    finally:
        torch.backends.cudnn.allow_tf32 = allowed
    scale = max(1.0, expected.abs().max().item())
    found: float = max((one - expected).abs().max().item() for one in outputs) / scale
    if found > _TOLERANCE:
        raise ConfigError(f"the outputs differ by {found:.3g}")
    return found


def _speed(method: str, task: str, form: dict[str, Any], args: argparse.Namespace) -> float:
    """Return images a second, the median of what fits into some seconds."""
    network = network_of(all_methods()[method].configs[0].path)
    options = Options(device=args.device, **form)
    batch = args.batch if task == "training" else 1
    side = args.side // 2 if task == "training" else args.side
    shape: Shape = (batch, side, side)
    work = (
        training(network, options, shape, 1)
        if task == "training"
        else inference(network, options, shape)
    )
    # Compiling and choosing algorithms are not timed.
    work()
    work()
    seconds: list[float] = []
    until = time.monotonic() + 5
    while len(seconds) < 3 or (time.monotonic() < until and len(seconds) < 50):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return batch / sorted(seconds)[len(seconds) // 2]


def _two_processes(device: str) -> float:
    """Return how far the weights are from those of one process with the whole batch.

    Raises:
        ConfigError: If a process fails, or the weights differ.
    """
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "weights.json"
        command = [sys.executable, "-m", "benchmarks.gpu", device, str(target)]
        ended = on_two_ranks(command, seconds=120)
        if any(status for status, _ in ended):
            said = [error.strip().splitlines()[-1:] for _, error in ended]
            raise ConfigError(f"the processes ended with {[one[0] for one in ended]}: {said}")
        found = json.loads(target.read_text(encoding="utf-8"))
    difference: float = found["difference"]
    if difference > _TOLERANCE:
        raise ConfigError(f"the weights differ by {difference:.3g}")
    return difference


def _rank(device: str, target: str) -> None:
    """Train a small network as one of two processes, and on the first also alone."""
    import torch
    import torch.distributed as dist
    from torch.nn.parallel import DistributedDataParallel

    from restorekit.models.restorer import final_output
    from restorekit.registry import MODELS

    dist.init_process_group("gloo")
    rank = dist.get_rank()
    lq, gt = torch.rand(2, 4, 3, 48, 48, generator=torch.Generator().manual_seed(0)).to(device)

    def trained(part: slice, distributed: bool) -> torch.Tensor:
        torch.manual_seed(0)
        network: Any = MODELS.build({"type": "PReNet", "channels": 8, "num_stages": 2}).to(device)
        wrapped = DistributedDataParallel(network) if distributed else network
        optimizer = torch.optim.SGD(network.parameters(), lr=0.1)
        for _ in range(5):
            optimizer.zero_grad()
            (final_output(wrapped(lq[part])) - gt[part]).square().mean().backward()
            optimizer.step()
        return torch.cat([parameter.detach().flatten().cpu() for parameter in network.parameters()])

    together = trained(slice(2 * rank, 2 * rank + 2), True)
    if rank == 0:
        alone = trained(slice(0, 4), False)
        write_json(target, {"difference": (together - alone).abs().max().item()})
    dist.barrier()
    dist.destroy_process_group()


if __name__ == "__main__":
    _rank(*sys.argv[1:])
