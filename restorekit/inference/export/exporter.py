"""Write a network as an ONNX graph."""

from __future__ import annotations

import contextlib
import copy
import io
import math
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from restorekit.archs.sizing import SizeRequirements, size_requirements_of
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.errors import ConfigError, RestoreKitError, did_you_mean, one_line
from restorekit.fast import accelerate, plain
from restorekit.io.extras import optional_package
from restorekit.io.files import atomic_path, sha256

from .blocks import DOMAIN, Size, as_function, call_blocks, inline, repeated_blocks
from .facts import INPUT, METADATA_KEY, OUTPUT, ExportFacts
from .operations import ExportableOperations

#: Versions of ONNX's operators that the graph can be written with, and the default.
OPSETS = range(17, 21)
DEFAULT_OPSET = 18
DTYPES = ("float32", "float16")
#: Sizes at which a network is traced, before they are fitted to its requirements. If the two
#: graphs differ, a size is part of the graph. Small, because tracing computes.
_TRACED_SIZES = ((24, 40), (37, 57))
#: How much the graph's results may differ from PyTorch's.
_LARGEST_DIFFERENCE = 1e-3
#: Side of the image that memory is measured for.
_MEASURED_SIDE = 512


def export_file(
    path: str | os.PathLike[str],
    target: str | os.PathLike[str],
    *,
    opset: int = DEFAULT_OPSET,
    dtype: str = "float32",
    tile: int | None = None,
) -> ExportFacts:
    """Write the network of a network file as ONNX, atomically; see :func:`export_network`.

    Args:
        path: What :func:`restorekit.load_network` reads.
        target: The file to write; one that exists is replaced.
        opset: See :func:`export_network`, as for the rest.
        dtype: Type of the weights.
        tile: The only side that the graph takes.

    Raises:
        CheckpointError: If the network file cannot be used.
        ConfigError: If an option cannot be used, or the network cannot be exported.
        MissingDependencyError: If ``onnx`` or another package is not installed.
        OutputError: If the file cannot be written.
    """
    weights, meta = read_network_file(path)
    network = build_network(meta["network"], weights, path)
    config = meta.pop("network")
    meta.pop("format", None)
    return export_network(
        network,
        config,
        target,
        opset=opset,
        dtype=dtype,
        tile=tile,
        weights_sha256=sha256(path),
        about=_plain_facts(meta),
    )


def export_network(
    network: nn.Module,
    config: Mapping[str, Any],
    target: str | os.PathLike[str],
    *,
    opset: int = DEFAULT_OPSET,
    dtype: str = "float32",
    tile: int | None = None,
    weights_sha256: str | None = None,
    about: Mapping[str, Any] | None = None,
) -> ExportFacts:
    """Write a network as an ONNX graph from ``lq`` to ``restored``, both float32 (N, 3, H, W).

    Height and width are free if the graph does not depend on them: the network is traced at
    two sizes, and the graphs are compared. The graph does not pad; ``size_requirements`` in
    the file's metadata say what its caller pads to.

    Args:
        network: A network in eval mode, on the CPU.
        config: The config that builds it.
        target: The file to write; one that exists is replaced.
        opset: Version of ONNX's operators, from 17 to 20.
        dtype: ``float32``, or ``float16`` for half the size; images stay float32.
        tile: Write a graph for images of this height and width only.
        weights_sha256: SHA-256 of the network file, for the metadata.
        about: Other facts for the metadata.

    Returns:
        What the metadata says.

    Raises:
        ConfigError: If an option cannot be used, an operation has no translation, or the graph
            depends on the size and ``tile`` is not given.
        MissingDependencyError: If ``onnx`` or another package is not installed.
        OutputError: If the file cannot be written.
    """
    onnx = optional_package("onnx", "onnx", "Exporting")
    _check_options(opset, dtype)
    network = plain(network).eval()
    name = type(network).__name__
    requirements = size_requirements_of(network)
    if tile is None and requirements.minimum == requirements.maximum:
        tile = requirements.minimum
    if tile is not None:
        _check_tile(tile, requirements, name)
        requirements = SizeRequirements(tile, tile, square=True, maximum=tile)
    lq = torch.rand(1, 3, *requirements.fit(*_TRACED_SIZES[1]))
    if tile is not None:
        lq = torch.rand(1, 3, tile, tile)
    with torch.no_grad():
        output = network(lq)
    expected = output if isinstance(output, torch.Tensor) else output[-1]
    model, batch = _trace_freely(onnx, network, requirements, opset)
    if model.functions:
        model = inline(model)
    _require_equal(model, lq, expected, name)
    if dtype == "float16":
        model = _to_half(model)
    facts = ExportFacts(
        network=dict(config),
        size_requirements=requirements,
        tile=tile,
        batch=batch,
        dtype=dtype,
        opset=opset,
        weights_sha256=weights_sha256,
        about=dict(about or {}),
        **_measure(network),
    )
    entry = model.metadata_props.add()
    entry.key, entry.value = METADATA_KEY, facts.to_json()
    with atomic_path(target) as temporary:
        temporary.write_bytes(model.SerializeToString())
    return facts


def _measure(network: nn.Module) -> dict[str, Any]:
    """Return what tiles need to know, as the facts have it."""
    from restorekit.inference.backends.pytorch import PyTorchBackend

    backend = PyTorchBackend(accelerate(network))
    height, width = backend.size_requirements.fit(_MEASURED_SIDE, _MEASURED_SIDE)
    peak = backend.peak_bytes(height, width)
    return {
        "receptive_field": asdict(backend.receptive_field()),
        "bytes_a_pixel": None if peak is None else peak / (height * width),
    }


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


def _trace_freely(
    onnx: Any, network: nn.Module, requirements: SizeRequirements, opset: int
) -> tuple[Any, int | None]:
    """Return a graph for images of every size that fits, and its batch size if that is not free.

    Raises:
        ConfigError: If there is none.
    """
    name = type(network).__name__
    sizes = [requirements.fit(*size) for size in _TRACED_SIZES]
    fixed = requirements.minimum == requirements.maximum
    first, second = [requirements.fit(1, 1)] * 2 if fixed else sizes
    advice = f"give one size with --tile, for example --tile {requirements.fit(256, 256)[0]}."
    free = {2: "height", 3: "width"} if first != second else {}

    def trace(batch: int, size: Size, axes: dict[int, str]) -> Any:
        other = second if size == first else first
        return _trace(onnx, network, (batch, 3, *size), opset, axes, other)

    if not free:
        return trace(1, first, {}), 1
    try:
        model = trace(1, first, {0: "n", **free})
        if _without_shapes(model) == _without_shapes(trace(2, second, {0: "n", **free})):
            return model, None
        # The number of images may be part of the graph, their size must not.
        model = trace(1, first, free)
        if _without_shapes(model) == _without_shapes(trace(1, second, free)):
            return model, 1
    except ConfigError as error:
        raise ConfigError(f"{error} For images of one size it may work: {advice}") from error
    raise ConfigError(f"The graph of {name} depends on the size of the image: {advice}")


def _trace(
    onnx: Any,
    network: nn.Module,
    shape: tuple[int, ...],
    opset: int,
    axes: Mapping[int, str],
    other: Size,
) -> Any:
    """Return the graph that images of this shape go through, an ``onnx.ModelProto``.

    Blocks that repeat are traced once and are functions in it.
    """
    fixed = 2 not in axes
    batch, _, height, width = shape
    # A copy, since the exporter leaves what it traced in training mode.
    with_calls = copy.deepcopy(network)
    functions = []
    try:
        blocks = repeated_blocks(with_calls, (height, width), other)
        for block in blocks:
            features = (batch * block.shape[0], *block.shape[1:])
            free = {*block.free, *({0} if 0 in axes else ())}
            names = {index: f"side{index}" for index in free}
            member = block.members[0]
            model = _export(onnx, member, features, opset, fixed, names, weights_are_inputs=True)
            functions.append(as_function(onnx, block, model, "network."))
        for block in blocks:
            call_blocks(block)
        model = _export(onnx, with_calls, shape, opset, fixed, axes, calls=bool(blocks))
    except ConfigError:
        # Some operations need to see the sizes of what they are given.
        return _export(onnx, copy.deepcopy(network), shape, opset, fixed, axes)
    model.functions.extend(functions)
    return model


def _export(
    onnx: Any,
    module: nn.Module,
    shape: tuple[int, ...],
    opset: int,
    fixed: bool,
    axes: Mapping[int, str],
    weights_are_inputs: bool = False,
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
                _FinalOutput(module, fixed),
                (lq,),
                stream,
                dynamo=False,
                opset_version=opset,
                export_params=not weights_are_inputs,
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


def _to_half(model: Any) -> Any:
    """Return the model with weights and features in float16; input and output stay float32."""
    float16 = optional_package("onnxruntime.transformers.float16", "onnx", "Exporting float16")
    with warnings.catch_warnings():
        # Weights too small for float16 become 0, as they do in PyTorch.
        warnings.simplefilter("ignore")
        return float16.convert_float_to_float16(model, keep_io_types=True)


def _require_equal(model: Any, lq: torch.Tensor, expected: torch.Tensor, name: str) -> None:
    """Refuse a graph that gives other results than PyTorch."""
    engine = optional_package("onnxruntime", "onnx", "Checking an exported network")
    options = engine.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Rewriting the graph takes longer than running it once.
    options.graph_optimization_level = engine.GraphOptimizationLevel.ORT_DISABLE_ALL
    # So does planning where 10,000 results of a small image lie in memory.
    options.enable_mem_pattern = options.enable_mem_reuse = False
    session = engine.InferenceSession(model.SerializeToString(), sess_options=options)
    (found,) = session.run([OUTPUT], {INPUT: lq.numpy()})
    difference = float((torch.from_numpy(found) - expected).abs().max())
    if not difference <= _LARGEST_DIFFERENCE * max(1.0, float(expected.abs().max())):
        raise ConfigError(
            f"{name} is not exported: its graph differs from PyTorch by {difference:.0e}; use the "
            "backend pytorch."
        )


def _check_options(opset: int, dtype: str) -> None:
    if opset not in OPSETS:
        raise ConfigError(
            f"--opset {opset} cannot be written: give one from {OPSETS[0]} to {OPSETS[-1]}."
        )
    if dtype not in DTYPES:
        raise ConfigError(
            f"--dtype {dtype!r} cannot be written: give {' or '.join(DTYPES)}."
            f"{did_you_mean(dtype, DTYPES)}"
        )


def _check_tile(tile: int, requirements: SizeRequirements, name: str) -> None:
    if tile < 1 or requirements.fit(tile, tile) != (tile, tile):
        raise ConfigError(
            f"--tile {tile} is no size that {name} takes: the next one is "
            f"{requirements.fit(max(tile, 1), max(tile, 1))[0]}."
        )


def _plain_facts(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a published file; a training's state is left out."""
    return {
        key: value
        for key, value in meta.items()
        if isinstance(value, (str, int, float, bool, list, dict, type(None)))
        and key not in ("cfg", "config", "message_hub")
    }


def _reason(error: Exception) -> str:
    """Return what the exporter found, without the graph that it adds."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    text = one_line(lines[0]) if lines else type(error).__name__
    return text.rstrip(".")[:200]
