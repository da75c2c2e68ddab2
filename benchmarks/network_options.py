"""Shared by the benchmarks of networks: the network of a config, and how to run it."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks import report
from restorekit.errors import ConfigError

if TYPE_CHECKING:
    import torch
    from torch import nn

#: Images, height, width.
Shape = tuple[int, int, int]
#: What is timed.
Work = Callable[[], object]

PLAIN = "plain"
FAST = "accelerated"
COMMAND_LINE = "accelerated, command line"
LIMIT = "limit, the arithmetic alone"

#: DCSFN in the paper's setting.
_DEFAULT: Mapping[str, Any] = {"type": "DCSFN"}


@dataclass(frozen=True)
class Options:
    """How a network is run.

    Attributes:
        accelerate: Whether blocks are replaced by faster ones (:mod:`restorekit.fast`).
        keep_freed_memory: Whether the process keeps freed memory, as the command line does
            (:mod:`restorekit.cli.process`).
        device: ``cpu``, ``cuda`` …
        amp: ``bf16`` or ``fp16`` for autocast; None for float32.
        compile: ``none``; ``blocks`` compiles the repeated block, ``network`` the whole network.
        channels_last: Whether weights and images have the channels-last layout.
    """

    accelerate: bool = True
    keep_freed_memory: bool = False
    device: str = "cpu"
    amp: str | None = None
    compile: str = "none"
    channels_last: bool = False

    @property
    def label(self) -> str:
        """The options that differ from an ordinary run, to append to a name."""
        words = [self.amp or "", f"compiled {self.compile}" if self.compile != "none" else ""]
        words.append("channels-last" if self.channels_last else "")
        return "".join(f", {word}" for word in words if word)


def add_arguments(parser: argparse.ArgumentParser, size: tuple[int, int], batch: int) -> None:
    """Add the arguments of a benchmark of networks."""
    report.add_arguments(parser)
    report.add_device_argument(parser)
    add_network_arguments(parser, size, batch)
    parser.add_argument(
        "--amp",
        choices=("bf16", "fp16"),
        help="also time the accelerated network under autocast (its outputs differ)",
    )
    parser.add_argument(
        "--compile",
        choices=("none", "blocks", "network"),
        default="none",
        help="also time the compiled network; compiling is timed separately",
    )
    parser.add_argument(
        "--channels-last",
        action="store_true",
        help="also time the accelerated network in the channels-last layout, for GPUs",
    )


def add_network_arguments(
    parser: argparse.ArgumentParser, size: tuple[int, int], batch: int
) -> None:
    """Add the arguments that choose a network and the size of its images."""
    parser.add_argument(
        "config", nargs="?", metavar="CONFIG", help="config with the network (default: DCSFN)"
    )
    height, width = size
    parser.add_argument("--height", type=int, default=height, help=f"(default: {height})")
    parser.add_argument("--width", type=int, default=width, help=f"(default: {width})")
    parser.add_argument("--batch", type=int, default=batch, help=f"images (default: {batch})")
    parser.add_argument(
        "--cfg-options", nargs="+", default=[], metavar="K=V", help="of the network: channels=8 …"
    )


def network_config(args: argparse.Namespace) -> dict[str, Any]:
    """Return the config of the network that the arguments name.

    Raises:
        ConfigError: If it cannot be read or has none, or a size cannot be used.
    """
    import yaml

    for option in ("height", "width", "batch"):
        if getattr(args, option) < 1:
            raise ConfigError(f"--{option} is {getattr(args, option)}, but must be at least 1.")
    network = dict(_DEFAULT) if args.config is None else network_of(args.config)
    for option in args.cfg_options:
        key, equals, value = option.partition("=")
        if not equals:
            raise ConfigError(f"--cfg-options {option}: give it as KEY=VALUE.")
        network[key] = yaml.safe_load(value)
    return network


def network_of(config: str) -> dict[str, Any]:
    """Return the config of a config file's network.

    Raises:
        ConfigError: If it cannot be read or has none.
    """
    from restorekit.engine.config import load_config

    model = load_config(config).get("model") or {}
    if "network" not in model:
        raise ConfigError(f"{config} has no model.network to measure.")
    network: dict[str, Any] = model["network"].to_dict()
    return network


def contenders_of(args: argparse.Namespace) -> dict[str, Options]:
    """Return the contenders' options by name."""
    found = {
        PLAIN: Options(accelerate=False, device=args.device),
        FAST: Options(device=args.device),
        COMMAND_LINE: Options(keep_freed_memory=True, device=args.device),
    }
    special = Options(True, True, args.device, args.amp, args.compile, args.channels_last)
    if special.label:
        found[COMMAND_LINE + special.label] = special
    return found


def comparisons_of(contenders: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return the pairs of contenders to compare."""
    fast = [name for name in contenders if name not in (PLAIN, LIMIT)]
    pairs = [(name, PLAIN) for name in fast] + [(name, FAST) for name in fast[1:]]
    return pairs + [(name, LIMIT) for name in fast[1:]]


def build(network: Mapping[str, Any], options: Options, training: bool) -> nn.Module:
    """Build a contender's network, with the same weights for all.

    Raises:
        ConfigError: If the device is not available, or there is no block to compile.
    """
    import torch

    from restorekit.cli.process import keep_freed_memory
    from restorekit.fast import accelerate
    from restorekit.registry import MODELS

    if options.device.startswith("cuda") and not torch.cuda.is_available():
        raise ConfigError(f"--device {options.device}: PyTorch finds no GPU here; use cpu.")
    if options.keep_freed_memory:
        keep_freed_memory()
    torch.manual_seed(0)
    built: nn.Module = MODELS.build(dict(network)).to(options.device)
    if options.channels_last:
        built.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    # The plain network is compiled, as by the restorers.
    if options.accelerate and options.compile == "none":
        built = accelerate(built, training)
    elif options.compile == "network":
        built.compile()
    elif options.compile == "blocks":
        compile_blocks(built)
    return built


def compile_blocks(network: nn.Module) -> None:
    """Compile only the repeated blocks, once for all blocks of a kind.

    Raises:
        ConfigError: If no list of blocks is found.
    """
    import torch

    # Each image size, and each combination of inputs with gradients, needs a compilation.
    torch._dynamo.config.recompile_limit = 64
    blocks = {
        id(block): block
        for module in network.modules()
        if isinstance(module, torch.nn.ModuleList) and len(module) > 1
        for block in module
        if not isinstance(block, torch.nn.Sequential) and _is_innermost(block)
    }
    if not blocks:
        raise ConfigError(f"{type(network).__name__} has no list of blocks to compile.")
    for block in blocks.values():
        block.compile()


def _is_innermost(block: nn.Module) -> bool:
    """Say whether a block's lists, if any, hold only sequences of layers."""
    import torch

    lists = (module for module in block.modules() if isinstance(module, torch.nn.ModuleList))
    return all(isinstance(part, torch.nn.Sequential) for one in lists for part in one)


@contextlib.contextmanager
def autocast(options: Options) -> Iterator[None]:
    """Use the precision of the options inside the block."""
    import torch

    kinds = {"bf16": torch.bfloat16, "fp16": torch.float16}
    if options.amp is None:
        yield
    else:
        with torch.autocast(torch.device(options.device).type, kinds[options.amp]):
            yield


def images_of(shape: Shape, options: Options) -> torch.Tensor:
    """Return a batch of noise images."""
    import torch

    batch, height, width = shape
    images = torch.rand(batch, 3, height, width, device=options.device)
    if options.channels_last:
        images = images.contiguous(memory_format=torch.channels_last)
    return images


def ready(work: Work, options: Options) -> Work:
    """Return the work after compiling it, if needed, and print how long that took."""
    if options.compile == "none":
        return work
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    sys.stdout.write(f"compiling {options.compile}: {seconds:.1f} s before the first round\n")
    sys.stdout.flush()
    return work
