"""Trace a network to an ONNX graph that images of every size go through."""

from __future__ import annotations

import contextlib
import functools
import io
import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from restorekit.archs.sizing import SizeRequirements
from restorekit.errors import ConfigError, RestoreKitError, first_line, one_line

from .blocks import (
    DOMAIN,
    Block,
    Shape,
    as_function,
    calls_of,
    inline,
    module_shapes,
    repeated_blocks,
)
from .facts import INPUT, OUTPUT
from .operations import ExportableOperations

#: Size at which a network is traced, and by how much the second one is larger, before they are
#: fitted to its requirements. If the two graphs differ, a size is part of the graph. Small,
#: because tracing computes.
_TRACED_SIZE = (24, 40)
_LARGER = (13, 17)


def traced_sizes(requirements: SizeRequirements) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return two sizes of which both sides differ; the same twice if there is only one."""
    if requirements.minimum == requirements.maximum:
        return (requirements.minimum, requirements.minimum), requirements.fit(1, 1)
    height, width = requirements.fit(*_TRACED_SIZE)
    return (height, width), requirements.fit(height + _LARGER[0], width + _LARGER[1])


def trace_freely(
    onnx: Any, network: nn.Module, requirements: SizeRequirements, opset: int
) -> tuple[Any, int | None]:
    """Return a graph for images of every size that fits, and its batch size if that is not free.

    Functions in the graph are put where they are called.

    Raises:
        ConfigError: If there is none.
    """
    name = type(network).__name__
    first, second = traced_sizes(requirements)
    advice = f"give one size with --tile, for example --tile {requirements.fit(256, 256)[0]}."
    free = {2: "height", 3: "width"} if first != second else {}

    shapes = functools.cache(functools.partial(module_shapes, network))

    def trace(shape: Shape, others: Shape, axes: dict[int, str]) -> Any:
        blocks = repeated_blocks(shapes(shape), shapes(others))
        return _trace(onnx, network, blocks, shape, opset, axes)

    one = (1, 3, *first)
    if not free:
        return inline(trace(one, one, {})), 1
    try:
        # The number of images may be part of the graph, their size must not.
        for axes, others in (({0: "n", **free}, (2, 3, *second)), (free, (1, 3, *second))):
            model = trace(one, others, axes)
            if _without_shapes(model) == _without_shapes(trace(others, one, axes)):
                return inline(model), None if 0 in axes else 1
    except ConfigError as error:
        raise ConfigError(f"{error} For images of one size it may work: {advice}") from error
    raise ConfigError(f"The graph of {name} depends on the size of the image: {advice}")


def _trace(
    onnx: Any,
    network: nn.Module,
    blocks: Sequence[Block],
    shape: Shape,
    opset: int,
    axes: Mapping[int, str],
) -> Any:
    """Return the graph that images of this shape go through, an ``onnx.ModelProto``.

    Each of the blocks is traced once and is a function in it.
    """
    fixed = 2 not in axes
    functions: list[Any] = []
    called: list[Block] = []
    try:
        for block in blocks:
            names = {dim: f"side{dim}" for dim in block.free}
            member = block.members[0]
            model = _export(onnx, member, block.shape, opset, fixed, names, weights_as_inputs=True)
            function = as_function(onnx, block, model, "network.")
            if function is not None:
                functions.append(function)
                called.append(block)
        with calls_of(called):
            model = _export(onnx, network, shape, opset, fixed, axes, calls=bool(called))
    except ConfigError:
        # Some operations need to see the sizes of what they are given.
        return _export(onnx, network, shape, opset, fixed, axes)
    model.functions.extend(functions)
    return model


def _export(
    onnx: Any,
    module: nn.Module,
    shape: Shape,
    opset: int,
    fixed: bool,
    axes: Mapping[int, str],
    weights_as_inputs: bool = False,
    calls: bool = False,
) -> Any:
    """Return the graph of a network or a block, perhaps with calls of blocks.

    PyTorch's exporter by tracing is used. The one by ``torch.export`` reasons about every size
    symbolically and took minutes for the networks that this one exports in seconds.
    """
    lq = torch.linspace(0, 1, math.prod(shape)).reshape(shape)
    stream: Any = io.BytesIO()
    try:
        with torch.no_grad(), _quiet():
            torch.onnx.export(
                # In eval mode itself: the exporter puts all inside into the mode that this has.
                _FinalOutput(module, fixed).eval(),
                (lq,),
                stream,
                dynamo=False,
                opset_version=opset,
                export_params=not weights_as_inputs,
                custom_opsets={DOMAIN: 1} if calls else None,
                input_names=[INPUT],
                output_names=[OUTPUT],
                dynamic_axes={INPUT: dict(axes), OUTPUT: dict(axes)},
            )
    except (RuntimeError, TypeError, ValueError, RestoreKitError) as error:
        raise ConfigError(
            f"{type(module).__name__} cannot be exported to ONNX ({_reason(error)})."
        ) from error
    return onnx.load_from_string(stream.getvalue())


class _FinalOutput(nn.Module):
    """Return the final output only, computed by operations that can be exported."""

    def __init__(self, network: nn.Module, fixed: bool) -> None:
        super().__init__()
        self.network = network
        self.fixed = fixed

    def forward(self, lq: torch.Tensor) -> torch.Tensor:
        with ExportableOperations(self.fixed):
            output = self.network(lq)
        final: torch.Tensor = output if isinstance(output, torch.Tensor) else output[-1]
        return final


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter from printing graphs, and from warning of sizes in the graph.

    The comparison of two graphs finds those that matter.
    """
    # PyTorch switches this log on, whatever it was before.
    log = torch._C._jit_onnx_log
    try:
        torch._C._jit_onnx_log = lambda *_: None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch._C._jit_onnx_log = log


def _without_shapes(model: Any) -> bytes:
    """Return the graph without the shapes that were seen while tracing."""
    copy = type(model)()
    copy.CopyFrom(model)
    del copy.graph.value_info[:]
    for function in copy.functions:
        del function.value_info[:]
    copy.graph.output[0].type.tensor_type.ClearField("shape")
    content: bytes = copy.SerializeToString(deterministic=True)
    return content


def _reason(error: Exception) -> str:
    """Return what the exporter found, without the graph that it adds."""
    return one_line(first_line(error)).rstrip(".")[:200]
