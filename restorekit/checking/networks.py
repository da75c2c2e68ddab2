"""What every network must do (docs/design.md, Contracts)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeAlias

import torch
from torch import nn

from restorekit.archs.blocks import SqueezeExcitation
from restorekit.archs.sizing import NetworkOutput, forward_padded, size_requirements_of
from restorekit.fast import accelerate

from .outcome import Check, require

#: Builds the network with weights of that seed; see :func:`with_random_weights`.
Build: TypeAlias = Callable[[int], nn.Module]
_SIZES = ((1, 1), (1, 13), (9, 2), (17, 31))


def with_random_weights(build: Callable[[], nn.Module]) -> Build:
    """Return a function that builds a network in eval mode in which nothing is zero or closed.

    Gates and scales that are zero at the start would hide what lies behind them.
    """

    def built(seed: int) -> nn.Module:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = build().eval()
            for module in network.modules():
                if isinstance(module, SqueezeExcitation) and module.squeeze.bias is not None:
                    nn.init.ones_(module.squeeze.bias)
                if isinstance(module, nn.BatchNorm2d) and module.track_running_stats:
                    module.get_buffer("running_var").uniform_(0.5, 1.5)
                    module.get_buffer("running_mean").normal_(std=0.1)
            for parameter in network.parameters():
                if not parameter.any():
                    nn.init.normal_(parameter, std=0.05)
        return network

    return built


def outputs_of(output: NetworkOutput) -> list[torch.Tensor]:
    """Return a network's outputs as a list, the final one last."""
    return [output] if isinstance(output, torch.Tensor) else list(output)


def any_size(build: Build) -> None:
    """Images of any size go in, and come out with the same size and finite."""
    network = build(0)
    for height, width in _SIZES:
        for output in _run(network, _images(2, height, width)):
            require(
                output.shape == (2, 3, height, width),
                f"images of {height}x{width} come out as {tuple(output.shape)}",
            )
            require(output.isfinite().all(), f"images of {height}x{width} come out not finite")


def smallest_size(build: Build) -> None:
    """Sizes that ``size_requirements`` allow need no padding."""
    network = build(0)
    sizes = size_requirements_of(network)
    height, width = sizes.fit(1, 1)
    lq = _images(1, height, width if sizes.square else width + sizes.multiple)
    with torch.no_grad():
        output = outputs_of(network(lq))[-1]
    require(
        output.shape == lq.shape,
        f"its size_requirements allow {tuple(lq.shape[-2:])}, which comes out as "
        f"{tuple(output.shape[-2:])}",
    )
    _require_close(_run(network, lq)[-1], output, 1e-5, "padding changes what needs none")


def gradients(build: Build) -> None:
    """Every parameter has a gradient that is not zero everywhere."""
    network = build(0).train()
    lq = _images(2, *size_requirements_of(network).fit(33, 36))
    if hasattr(network, "forward_train"):
        outputs = list(_forward_train(network, lq).values())
    else:
        outputs = outputs_of(network(lq))
    torch.stack([output.square().sum() for output in outputs]).sum().backward()  # type: ignore[no-untyped-call]
    without = [
        name
        for name, parameter in network.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    ]
    # Parameters may add the same to all scores of a softmax, which takes it out again.
    without = [name for name in without if not name.endswith("attention.phi.bias")]
    require(not without, f"no gradient reaches {', '.join(without[:5])}")


def training_outputs(build: Build) -> None:
    """``forward_train``, where there is one, gives the final output of ``forward`` as ``pred``."""
    network = build(0)
    if not hasattr(network, "forward_train"):
        return
    lq = _images(1, *size_requirements_of(network).fit(20, 40))
    with torch.no_grad():
        named = _forward_train(network, lq)
        require("pred" in named, f"forward_train returns {sorted(named)}, and not 'pred'")
        final = outputs_of(network(lq))[-1]
        _require_close(named["pred"], final, 1e-5, "forward_train and forward differ")


def state_dict(build: Build) -> None:
    """The state dict holds all that the output depends on."""
    lq = _images(1, 15, 18)
    one, other = build(0), build(1)
    expected = _run(one, lq)[-1]
    require(
        not torch.equal(_run(other, lq)[-1], expected),
        "its output does not depend on its weights",
    )
    other.load_state_dict(one.state_dict(), strict=True)
    require(
        torch.equal(_run(other, lq)[-1], expected),
        "the same state dict gives another output: something is neither parameter nor buffer",
    )


def no_side_effects(build: Build) -> None:
    """Testing changes neither the input nor the network, and gives the same every time."""
    network, lq = build(0), _images(1, 15, 18)
    given = lq.clone()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    once, twice = _run(network, lq), _run(network, lq)
    require(torch.equal(lq, given), "it writes to its input")
    require(
        all(torch.equal(a, b) for a, b in zip(once, twice, strict=True)),
        "the second output differs from the first",
    )
    changed = [n for n, t in network.state_dict().items() if not torch.equal(t, before[n])]
    require(not changed, f"testing changes {', '.join(changed[:5])}")


def bfloat16(build: Build) -> None:
    """It runs and trains in bfloat16 under autocast."""
    network, lq = build(0), _images(1, 15, 18)
    expected = _run(network, lq)[-1]
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output = outputs_of(forward_padded(network, lq))[-1]
    difference = (output.float() - expected).abs().mean()
    require(
        difference < 0.05 * (1 + expected.abs().mean()),
        f"its output differs by {difference:.3g} on average",
    )
    output.float().square().mean().backward()  # type: ignore[no-untyped-call]
    found = [p.grad for p in network.parameters() if p.grad is not None]
    require(found and all(g.isfinite().all() for g in found), "its gradients are not finite")


def channels_last(build: Build) -> None:
    """Channels-last memory gives the same."""
    network, lq = build(0), _images(2, 15, 18)
    expected = _run(network, lq)[-1]
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    output = _run(network, lq.contiguous(memory_format=torch.channels_last))[-1]
    _require_close(output, expected, 1e-4, "its output differs")


def accelerated(build: Build) -> None:
    """``accelerate`` gives an equal network, in inference and in training."""
    network = build(0)
    lq = _images(1, *size_requirements_of(network).fit(20, 24))
    expected = _run(network, lq)[-1]
    _require_close(_run(accelerate(network), lq)[-1], expected, 1e-5, "its output differs")
    trained = accelerate(network, training=True)
    _require_close(_run(trained, lq)[-1], expected, 1e-5, "its output in training differs")


def exported(build: Build) -> None:
    """``torch.export`` gives an equal program."""
    network = build(0)
    lq = _images(1, *size_requirements_of(network).fit(16, 21))
    program = torch.export.export(network, (torch.rand_like(lq),))
    _require_close(_run(program.module(), lq)[-1], _run(network, lq)[-1], 1e-4, "it differs")


NETWORK_CHECKS: Mapping[str, Check[Build]] = MappingProxyType(
    {
        "takes images of any size": any_size,
        "needs no padding where its sizes fit": smallest_size,
        "has gradients everywhere": gradients,
        "trains what it tests": training_outputs,
        "has a complete state dict": state_dict,
        "changes nothing when tested": no_side_effects,
        "runs in bfloat16": bfloat16,
        "runs in channels-last": channels_last,
        "is the same accelerated": accelerated,
        "can be exported": exported,
    }
)


def _images(count: int, height: int, width: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.rand(count, 3, height, width, generator=generator)


def _run(network: nn.Module, lq: torch.Tensor) -> list[torch.Tensor]:
    with torch.no_grad():
        return outputs_of(forward_padded(network, lq))


def _forward_train(network: Any, lq: torch.Tensor) -> dict[str, torch.Tensor]:
    named: dict[str, torch.Tensor] = network.forward_train(lq)
    return named


def _require_close(one: torch.Tensor, other: torch.Tensor, tolerance: float, failure: str) -> None:
    difference = (one - other).abs().max().item()
    scale = max(1.0, other.abs().max().item())
    require(difference <= tolerance * scale, f"{failure} by {difference:.2g}")
