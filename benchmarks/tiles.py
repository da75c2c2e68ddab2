"""Measure the memory of restoring large images in tiles, and how far tiles are from the whole.

Each network runs in a process of its own, as `restorekit restore` runs it, on a uint8 image that is
held in memory together with its result. With --parts the run ends after a few tiles: the memory of
later ones is the same. With --photo the network also restores that photograph as a whole and in
tiles of --tile pixels. Networks have random weights unless a network file is given.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import memory
from restorekit.errors import ConfigError
from restorekit.io.files import write_text
from restorekit.io.terminal import text_table

_MEGABYTE = 10**6


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks tiles``."""
    parser.add_argument("networks", nargs="+", metavar="CONFIG|FILE", help="configs, network files")
    parser.add_argument(
        "--megapixels", type=float, nargs="*", default=[24.0], help="image sizes (default: 24)"
    )
    parser.add_argument("--parts", type=int, help="stop after this many tiles")
    parser.add_argument("--photo", metavar="F", help="photograph to compare tiles and whole on")
    parser.add_argument("--tile", type=int, default=256, help="of that comparison (default: 256)")
    parser.add_argument("--json", metavar="F", help="file for the results")


def run(args: argparse.Namespace) -> None:
    """Measure the networks one after the other, and show a row for each.

    Raises:
        ConfigError: If a network cannot be measured.
    """
    found = []
    for network in args.networks:
        row: dict[str, Any] = {"network": Path(network).stem}
        for size in args.megapixels:
            seen = _in_process({"network": network, "megapixels": size, "parts": args.parts})
            row |= {k: v for k, v in seen.items() if k not in ("peak", "image")}
            row[f"peak MB at {size:g} MP"] = seen["peak"]
        if args.photo:
            row |= _in_process({"network": network, "photo": args.photo, "tile": args.tile})
        found.append(row)
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()
        if args.json:
            write_text(args.json, json.dumps(found, indent=1) + "\n")
    columns = list(dict.fromkeys(key for row in found for key in row))
    rows = [[str(row.get(column, "")) for column in columns] for row in found]
    sys.stdout.write(text_table(columns, rows))


def _in_process(task: dict[str, Any]) -> dict[str, Any]:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "benchmarks.tiles", json.dumps(task)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ConfigError(f"{task['network']} cannot be measured: see the error above.")
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


class _EnoughError(Exception):
    """The tiles that were asked for are done."""


def _backend(network: str) -> Any:
    import torch

    from restorekit.engine.config import load_config
    from restorekit.fast import accelerate
    from restorekit.inference import PyTorchBackend, open_backend
    from restorekit.registry import MODELS

    if not network.endswith(".py"):
        return open_backend("pytorch", Path(network), "cpu")
    torch.manual_seed(0)
    return PyTorchBackend(accelerate(MODELS.build(load_config(network).model.network).eval()))


def _measure_memory(network: str, megapixels: float, parts: int | None) -> dict[str, Any]:
    import numpy as np

    from restorekit.cli.process import keep_freed_memory
    from restorekit.inference import TiledNetwork
    from restorekit.inference.canvas import ArrayCanvas

    keep_freed_memory()
    backend = _backend(network)
    height = round(math.sqrt(megapixels * 1e6 / 1.5))
    canvas = ArrayCanvas(np.full((height, round(height * 1.5), 3), 128, np.uint8), "the image")
    canvas.result[:] = 0
    tiled = TiledNetwork(backend)
    started = 0.0
    done, total = 0, 0

    def stop(now_done: int, of: int) -> None:
        nonlocal done, total, started
        done, total = now_done, of
        if done == 1:
            started = time.perf_counter()
        if parts is not None and done >= parts:
            raise _EnoughError

    with contextlib.suppress(_EnoughError):
        tiled.run([canvas], "the image", stop)
    seconds = (time.perf_counter() - started) / max(done - 1, 1) * total
    plan = tiled.plan(canvas.height, canvas.width)
    return {
        "tiles": plan.description,
        "windows": sorted({(p.window.height, p.window.width) for p in plan.parts})[-1],
        "count": total,
        "seconds": round(seconds, 1),
        "peak": round(memory.resident_peak() / _MEGABYTE),
    }


def _compare(network: str, photo: str, tile: int) -> dict[str, Any]:
    import torch

    from restorekit.inference import TiledNetwork
    from restorekit.inference.canvas import TensorCanvas
    from restorekit.io.images import read_image

    backend = _backend(network)
    lq = torch.from_numpy(read_image(photo)).permute(2, 0, 1).float() / 255
    results = []
    for option in ("off", tile):
        canvas = TensorCanvas(lq, photo)
        tiled = TiledNetwork(backend, option)
        tiled.run([canvas])
        results.append(canvas.result)
    whole, tiles = results
    error = (tiles - whole).clamp(-1, 1)
    rounded = [(one.clamp(0, 1) * 255).round() for one in (whole, tiles)]
    field = tiled.receptive_field()
    mse = float(error.square().mean())
    return {
        "receptive field": field.context,
        "period": field.period,
        "any size": field.any_size,
        "PSNR of tiles": round(-10 * math.log10(mse), 1) if mse > 1e-14 else None,
        "largest difference": float(f"{float(error.abs().max()):.1e}"),
        "levels": int((rounded[0] - rounded[1]).abs().max()),
    }


def _child(arguments: Sequence[str]) -> None:
    task = json.loads(arguments[0])
    measured = _compare(**task) if "photo" in task else _measure_memory(**task)
    sys.stdout.write("\n" + json.dumps(measured) + "\n")


if __name__ == "__main__":
    _child(sys.argv[1:])
