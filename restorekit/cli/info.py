"""Show what a network is and takes: parameters, operations, image sizes, memory, time.

NAME is that of a published network, of a method (its first config) or of a config, as `restorekit
list models` shows them. For a config, memory of training is shown as well.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from mmengine.config import DictAction

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.cli.info_report import Report, bytes_in_words, sizes_in_words, tile_in_words
from restorekit.errors import ConfigError, RestoreKitError

if TYPE_CHECKING:
    from restorekit.cli.subject import Subject

_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {f"{letter}I": 1024**power for power, letter in enumerate("KMGT", start=1)}
#: Batches in the table of memory, beside those of the config.
_BATCHES = (1, 4, 16)
#: The patch of a network that comes without a recipe.
_PATCH = 128


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit info``."""
    parser.add_argument(
        "subject", metavar="CONFIG|CHECKPOINT|NAME", help="config, network file, or name"
    )
    parser.add_argument(
        "--time", action="store_true", help="also time the network on a small tile, here"
    )
    parser.add_argument(
        "--memory",
        metavar="N",
        help="memory for training, such as 8G or 500M: show the largest batch and the largest "
        "patch that fit",
    )
    parser.add_argument("--device", help="cpu, cuda, cuda:1 … (default: a GPU where there is one)")
    parser.add_argument("--json", metavar="F", help="file for the same as JSON; - for the output")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=DictAction,
        metavar="KEY=VALUE",
        help="change values of the config, for example model.network.channels=16",
    )
    add_plugin(parser, "a network")


def run(args: argparse.Namespace) -> None:
    """Show everything, each line when it is known.

    Raises:
        RestoreKitError: If the subject cannot be used, or an option is no number.
    """
    from restorekit.cli.subject import find_subject
    from restorekit.io.files import require_writable, write_json

    load_plugins(args)
    available = None if args.memory is None else parse_memory(args.memory)
    if args.json not in (None, "-"):
        require_writable(args.json, "--json", example="info.json")
    subject = find_subject(args.subject, args.cfg_options)
    report = Report(quiet=args.json == "-")
    report.known(subject)
    _measure(subject, report, args.device, args.time)
    _training(subject, report, available)
    if args.json == "-":
        import json

        sys.stdout.write(json.dumps(report.content, indent=2, ensure_ascii=False) + "\n")
    elif args.json:
        write_json(args.json, report.content)


def parse_memory(text: str) -> int:
    """Return the bytes that ``8G``, ``8GB``, ``7.5GiB`` or ``500M`` mean.

    Raises:
        ConfigError: If it is none of these.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]I?)B?", text.strip().upper())
    if found is None or not float(found[1]):
        raise ConfigError(f"--memory {text}: give a number with its unit, such as 8G or 500M.")
    return int(float(found[1]) * _UNITS[found[2]])


def _measure(subject: Subject, report: Report, device: str | None, timed: bool) -> None:
    from mmengine.device import get_device

    from restorekit.archs.sizing import size_requirements_of
    from restorekit.inference import cost
    from restorekit.inference.backends.pytorch import PyTorchBackend
    from restorekit.inference.tiles import TiledNetwork
    from restorekit.models.complexity import (
        COUNTED_SIDE,
        count_accelerated_macs,
        count_macs,
        count_parameters,
    )

    network, requirements = subject.network, size_requirements_of(subject.network)
    parameters = count_parameters(network)
    report.add("parameters", parameters, f"{parameters:,}")
    height, width = requirements.fit(COUNTED_SIDE, COUNTED_SIDE)
    plain = count_macs(network, height, width)
    fast = count_accelerated_macs(network, height, width)
    report.add(
        f"MACs, {width}×{height}",
        {"width": width, "height": height, "plain": plain, "accelerated": fast},
        f"{plain / 1e9:.2f} G as published, {fast / 1e9:.2f} G as carried out",
        key="macs",
    )
    report.add("image sizes", asdict(requirements), sizes_in_words(requirements), key="image_sizes")

    backend = PyTorchBackend(network, device or get_device())
    tiled = TiledNetwork(backend)
    needed = cost.memory_a_megapixel(backend)
    if needed is not None:
        report.add(
            "memory", needed, f"{bytes_in_words(needed)} a megapixel", key="bytes_a_megapixel"
        )
    field = tiled.receptive_field()
    seen = (
        "the whole image, or more than was probed"
        if field.context is None
        else f"{field.context} pixels on each side"
    )
    report.add("receptive field", asdict(field), seen, key="receptive_field")
    tile = cost.automatic_tile(tiled)
    report.add(
        "tiles of 24 MP", tile, f"{tile_in_words(tile)}, on {backend.device}", key="automatic_tile"
    )
    if timed:
        side = cost.timed_side(backend, fast / (height * width))
        seconds = cost.seconds_a_megapixel(backend, side)
        report.add(
            "time",
            {"seconds_a_megapixel": seconds, "side": side, "device": str(backend.device)},
            f"{seconds:.3g} s a megapixel, in tiles of {side}×{side} on {backend.device}",
        )


def _training(subject: Subject, report: Report, available: int | None) -> None:
    """Show the memory of training steps.

    Raises:
        ConfigError: If what fits was asked for, and the model cannot be trained.
    """
    from restorekit.engine.training_memory import (
        Step,
        TrainingMemory,
        optimizer_states,
        steps_of,
    )
    from restorekit.models import Restorer
    from restorekit.registry import MODELS

    config = subject.config or {}
    model_config = dict(config.get("model") or {"type": "Restorer", "loss": {"type": "L1Loss"}})
    model_config["network"] = subject.network_config
    model_config.pop("compile", None)
    try:
        model = MODELS.build(model_config)
    except RestoreKitError as error:
        if available is not None:
            raise
        report.note(f"Memory of training is not known: {error}")
        return
    if not isinstance(model, Restorer):
        return
    memory = TrainingMemory(model, optimizer_states(config), config.get("activation_checkpointing"))
    steps = steps_of(config)
    patches = {memory.fit(step.patch) for step in steps or [Step(_PATCH, 1)]}
    if len(patches) == 1:
        (patch,) = patches
        patches |= {memory.fit(patch // 2), memory.fit(2 * patch)}
        if memory.size_requirements.maximum is not None:
            patches = {one for one in patches if one <= memory.size_requirements.maximum}
    batches = sorted({*_BATCHES, *(step.batch for step in steps)})
    table = [
        {"patch": patch, "batch": batch, "bytes": memory.bytes(Step(patch, batch))}
        for patch in sorted(patches)
        for batch in batches
    ]
    report.table("training_memory", table, steps)
    if available is None:
        return
    fitting = []
    for step in steps or [Step(_PATCH, _BATCHES[1])]:
        batch = memory.largest_batch(memory.fit(step.patch), available)
        patch = memory.largest_patch(step.batch, available)
        fitting.append(
            {
                "patch": memory.fit(step.patch),
                "batch": step.batch,
                "largest_batch": batch,
                "largest_patch": patch,
            }
        )
    report.fits(available, fitting)
