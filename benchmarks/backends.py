"""Time a network's inference with each backend, in turns.

Time is that of the processor, over all threads, which other work on the machine changes least.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import torch
from mmengine.config import Config

from restorekit.checkpoints import save_network
from restorekit.inference.backends import open_backend
from restorekit.registry import MODELS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("models", nargs="+", help="configs, or network files")
    parser.add_argument("--size", type=int, default=256, help="side of the image (default: 256)")
    parser.add_argument("--repeats", type=int, default=5, help="turns (default: 5)")
    parser.add_argument("--backend", action="append", help="default: all three; repeatable")


def run(args: argparse.Namespace) -> None:
    """Print the median processor seconds of each backend, and their ratio to the first one's."""
    names = args.backend or ["pytorch", "onnxruntime", "openvino"]
    sys.stdout.write(f"{torch.get_num_threads()} threads, {args.size}x{args.size} pixels\n")
    for model in args.models:
        seconds = measure(Path(model), names, args.size, args.repeats)
        first = seconds[names[0]]
        cells = [f"{name} {value:.3f} s ({value / first:.2f})" for name, value in seconds.items()]
        sys.stdout.write(f"{Path(model).stem}: {', '.join(cells)}\n")
        sys.stdout.flush()


def measure(model: Path, names: list[str], size: int, repeats: int) -> dict[str, float]:
    """Return the median processor seconds for an image, by backend."""
    with tempfile.TemporaryDirectory() as folder:
        if model.suffix == ".py":
            config = Config.fromfile(str(model)).model.network.to_dict()
            network = MODELS.build(dict(config))
            model = Path(folder) / "network.safetensors"
            save_network(network, config, model)
        backends = {name: open_backend(name, model, "cpu") for name in names}
        requirements = backends[names[0]].size_requirements
        lq = torch.rand(1, 3, *requirements.fit(size, size))
        times: dict[str, list[float]] = {name: [] for name in names}
        for turn in range(repeats + 1):
            for name, backend in backends.items():
                start = time.process_time()
                backend.run(lq)
                if turn:
                    times[name].append(time.process_time() - start)
        return {name: statistics.median(values) for name, values in times.items()}
