"""Show what a network is and takes: parameters, operations, image sizes, memory, time.

NAME is that of a published network, of a method (its first config) or of a config, as `restorekit
list models` shows them. For a config, memory of training is shown as well.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Any

from mmengine.config import DictAction

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.errors import ConfigError, RestoreKitError

if TYPE_CHECKING:
    from restorekit.archs.sizing import SizeRequirements
    from restorekit.cli.subject import Subject

_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {f"{letter}I": 1024**power for power, letter in enumerate("KMGT", start=1)}
#: Batches in the table of memory, beside those of the config.
_BATCHES = (1, 4, 16)
#: The patch of a network that comes without a recipe.
_PATCH = 128
_WIDTH = 21


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
    report = _Report(quiet=args.json == "-")
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


def _measure(subject: Subject, report: _Report, device: str | None, timed: bool) -> None:
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
    report.add("image sizes", _as_dict(requirements), _sizes(requirements), key="image_sizes")

    backend = PyTorchBackend(network, device or get_device())
    tiled = TiledNetwork(backend)
    needed = cost.memory_a_megapixel(backend)
    if needed is not None:
        report.add("memory", needed, f"{_bytes(needed)} a megapixel", key="bytes_a_megapixel")
    field = tiled.receptive_field()
    seen = (
        "the whole image, or more than was probed"
        if field.context is None
        else f"{field.context} pixels on each side"
    )
    report.add("receptive field", _as_dict(field), seen, key="receptive_field")
    tile = cost.automatic_tile(tiled)
    report.add("tiles of 24 MP", tile, f"{_tile(tile)}, on {backend.device}", key="automatic_tile")
    if timed:
        side = cost.timed_side(backend, fast / (height * width))
        seconds = cost.seconds_a_megapixel(backend, side)
        report.add(
            "time",
            {"seconds_a_megapixel": seconds, "side": side, "device": str(backend.device)},
            f"{seconds:.3g} s a megapixel, in tiles of {side}×{side} on {backend.device}",
        )


def _training(subject: Subject, report: _Report, available: int | None) -> None:
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


class _Report:
    """Writes lines as they are known, and keeps what the JSON holds.

    Args:
        quiet: Whether to write nothing.
    """

    def __init__(self, quiet: bool) -> None:
        self.content: dict[str, Any] = {}
        self._quiet = quiet

    def write(self, text: str) -> None:
        if not self._quiet:
            sys.stdout.write(text)
            sys.stdout.flush()

    def add(self, label: str, value: Any, text: str, key: str | None = None) -> None:
        self.content[key or label] = value
        self.write(f"{label:<{_WIDTH}}{text}\n")

    def note(self, text: str) -> None:
        self.write(f"\n{text}\n")

    def known(self, subject: Subject) -> None:
        """Write what is known without measuring."""
        from restorekit.cli.subject import known_lines

        self.content |= {"network": dict(subject.network_config), **subject.known}
        self.write(f"{subject.title}\n\n")
        for label, text in known_lines(subject.known):
            self.write(f"{label:<{_WIDTH}}{text}\n")

    def table(self, key: str, cells: list[dict[str, int]], steps: list[Any]) -> None:
        """Write the memory of training steps by patch and batch; the config's are marked."""
        from restorekit.io.terminal import text_table

        self.content[key] = cells
        self.content["training_steps"] = [
            {"patch": step.patch, "batch": step.batch} for step in steps
        ]
        used = {(step.patch, step.batch) for step in steps}
        batches = list(dict.fromkeys(cell["batch"] for cell in cells))
        rows = [
            (
                f"{patch}×{patch}",
                *(
                    _bytes(cell["bytes"]) + ("*" if (patch, cell["batch"]) in used else "")
                    for cell in cells
                    if cell["patch"] == patch
                ),
            )
            for patch in dict.fromkeys(cell["patch"] for cell in cells)
        ]
        title = ("training", *(f"batch {batch}" for batch in batches))
        self.write("\n" + text_table(title, rows, range(1, len(title))))
        self.write(f"Tensors in float32, in one process{'; * as in the config' * bool(used)}.\n")

    def fits(self, available: int, steps: list[dict[str, int]]) -> None:
        self.content["memory"] = available
        self.content["fits"] = steps
        lines = [
            f"In {_bytes(available)}: "
            + (
                f"batches of at most {step['largest_batch']} patches of {_square(step['patch'])}; "
                if step["largest_batch"]
                else f"not one patch of {_square(step['patch'])}; "
            )
            + (
                f"patches of at most {_square(step['largest_patch'])} in batches of "
                f"{step['batch']}.\n"
                if step["largest_patch"]
                else f"no batch of {step['batch']}.\n"
            )
            for step in steps
        ]
        self.write("\n" + "".join(lines))


def _as_dict(value: Any) -> dict[str, Any]:
    import dataclasses

    return dataclasses.asdict(value)


def _sizes(requirements: SizeRequirements) -> str:
    """Return the sizes that a network takes, in words."""
    least, most = requirements.minimum, requirements.maximum
    words = f"from {_square(least)}" if least > 1 else "any"
    if most is not None:
        words += f" up to {_square(most)}, larger ones in tiles"
    padded = []
    if requirements.multiple > 1:
        padded.append(f"sides that are multiples of {requirements.multiple}")
    if requirements.square:
        padded.append("squares")
    if least > 1 or padded:
        which = "others" if padded else "smaller ones"
        words += f"; {which} are padded" + (f" to {' and '.join(padded)}" if padded else "")
    return words


def _tile(tile: dict[str, Any] | None) -> str:
    if tile is None:
        return "restored whole"
    height, width = tile["size"]
    if tile["merge"] == "exact":
        return f"{width}×{height} with {tile['context']} pixels around, exact"
    return f"{width}×{height}, blended over {tile['overlap']} pixels"


def _square(side: int) -> str:
    return f"{side}×{side}"


def _bytes(number: int) -> str:
    return f"{number / 1e9:.2f} GB" if number >= 1e9 else f"{number / 1e6:.0f} MB"
