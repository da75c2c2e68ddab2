"""Time the SSIM loss, forward and backward, against the plain form and pytorch-msssim.

The last contender only reads both images and writes a gradient, which any SSIM loss must do.
"""

from __future__ import annotations

import argparse
import functools
import importlib
import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING

from benchmarks import report
from benchmarks.report import Benchmark
from restorekit.errors import ConfigError

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int, ...]
#: What is timed.
Work = Callable[[], object]
#: A scalar from two batches of images.
Loss = Callable[["Tensor", "Tensor"], "Tensor"]

_OURS = "restorekit SSIMLoss"
_MSSSIM = "pytorch-msssim SSIM"
_PLAIN = "plain, five 11×11 convolutions"
_MEMORY = "memory: read both, write one"
_SHAPES = ("24,3,64,64", "4,3,256,256")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``python -m benchmarks loss``."""
    report.add_arguments(parser, rounds=7)
    report.add_device_argument(parser)
    parser.add_argument(
        "--shape",
        action="append",
        metavar="N,C,H,W",
        help=f"of a batch; may be repeated (default: {' and '.join(_SHAPES)})",
    )
    parser.add_argument("--steps", type=int, default=10, help="steps of a round (default: 10)")


def run(args: argparse.Namespace) -> None:
    """Time the contenders, and show medians and ratios."""
    setups: dict[str, Callable[..., Work]] = {
        _OURS: functools.partial(_steps, _our_loss),
        _MSSSIM: functools.partial(_steps, _msssim_loss),
        _PLAIN: functools.partial(_steps, _plain_loss),
        _MEMORY: _add,
    }
    if importlib.util.find_spec("pytorch_msssim") is None:
        del setups[_MSSSIM]
    contenders, comparisons = {}, []
    for text in args.shape or _SHAPES:
        shape = _parse(text)
        size = "×".join(map(str, shape))
        for name, setup in setups.items():
            contenders[f"{name}, {size}"] = functools.partial(setup, shape, args.device, args.steps)
        comparisons += [(f"{_OURS}, {size}", f"{other}, {size}") for other in setups][1:]
    report.run(
        args,
        Benchmark(
            name="loss",
            title="SSIM loss, forward and backward",
            contenders=contenders,
            comparisons=comparisons,
            unit="step",
            units=args.steps,
            show_memory=True,
        ),
    )


def _parse(text: str) -> Shape:
    parts = text.split(",")
    if len(parts) != 4 or not all(part.strip().isdigit() and int(part) > 0 for part in parts):
        raise ConfigError(
            f"--shape {text!r} is not the shape of a batch: give it as N,C,H,W, for instance "
            f"{_SHAPES[0]}."
        )
    return tuple(map(int, parts))


def _images(shape: Shape, device: str) -> tuple[Tensor, Tensor]:
    """Return restored and clean images."""
    import torch

    generator = torch.Generator().manual_seed(0)
    gt = torch.rand(shape, generator=generator)
    pred = gt + 0.1 * torch.randn(shape, generator=generator)
    return pred.to(device).requires_grad_(), gt.to(device)


def _steps(choose: Callable[[], Loss], shape: Shape, device: str, steps: int) -> Work:
    from restorekit.cli.process import keep_freed_memory

    # For all contenders, as when training from the command line.
    keep_freed_memory()
    loss, (pred, gt) = choose(), _images(shape, device)

    def work() -> None:
        for _ in range(steps):
            pred.grad = None
            loss(pred, gt).backward()  # type: ignore[no-untyped-call]

    return work


def _our_loss() -> Loss:
    from restorekit.fast import accelerate
    from restorekit.losses import SSIMLoss

    return accelerate(SSIMLoss(), training=True)


def _plain_loss() -> Loss:
    from benchmarks.reference_loss import mean_ssim

    return mean_ssim


def _msssim_loss() -> Loss:
    msssim = importlib.import_module("pytorch_msssim")
    return functools.partial(msssim.ssim, data_range=1.0)


def _add(shape: Shape, device: str, steps: int) -> Work:
    import torch

    pred, gt = (image.detach() for image in _images(shape, device))
    gradient = torch.empty_like(pred)

    def work() -> None:
        for _ in range(steps):
            torch.add(pred, gt, out=gradient)

    return work
