"""Write a network as an ONNX graph."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import nn

from restorekit.archs.sizing import SizeRequirements, size_requirements_of
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.errors import ConfigError, did_you_mean
from restorekit.fast import accelerate, plain
from restorekit.io.extras import optional_package
from restorekit.io.files import atomic_path, sha256

from .blocks import Shape
from .facts import INPUT, METADATA_KEY, OUTPUT, ExportFacts
from .tracing import trace_freely, traced_sizes

#: Versions of ONNX's operators that the graph can be written with, and the default.
OPSETS = range(17, 21)
DEFAULT_OPSET = 18
DTYPES = ("float32", "float16")
#: How much the graph's results may differ from PyTorch's.
_LARGEST_DIFFERENCE = 1e-3


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
    return export_network(**exportable(path), target=target, opset=opset, dtype=dtype, tile=tile)


def exportable(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a network file; return what :func:`export_network` takes of it, by argument.

    Raises:
        CheckpointError: If the file cannot be used.
    """
    weights, meta = read_network_file(path)
    network = build_network(meta["network"], weights, path)
    config = meta.pop("network")
    meta.pop("format", None)
    return {
        "network": network,
        "config": config,
        "weights_sha256": sha256(path),
        "about": _plain_facts(meta),
    }


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
    model, batch = trace_freely(onnx, network, requirements, opset)
    _require_equal(model, network, (batch or 2, 3, *traced_sizes(requirements)[1]))
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
    return {
        "receptive_field": asdict(backend.receptive_field()),
        "bytes_a_pixel": backend.bytes_a_pixel,
    }


def _to_half(model: Any) -> Any:
    """Return the model with weights and features in float16; input and output stay float32."""
    float16 = optional_package("onnxruntime.transformers.float16", "onnx", "Exporting float16")
    with warnings.catch_warnings():
        # Weights too small for float16 become 0, as they do in PyTorch.
        warnings.simplefilter("ignore")
        return float16.convert_float_to_float16(model, keep_io_types=True)


def _require_equal(model: Any, network: nn.Module, shape: Shape) -> None:
    """Refuse a graph that gives other results than PyTorch for images of this shape."""
    engine = optional_package("onnxruntime", "onnx", "Checking an exported network")
    options = engine.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Rewriting the graph takes longer than running it once.
    options.graph_optimization_level = engine.GraphOptimizationLevel.ORT_DISABLE_ALL
    # So does planning where 10,000 results of a small image lie in memory.
    options.enable_mem_pattern = options.enable_mem_reuse = False
    lq = torch.rand(shape)
    with torch.no_grad():
        output = network(lq)
    expected = output if isinstance(output, torch.Tensor) else output[-1]
    session = engine.InferenceSession(model.SerializeToString(), sess_options=options)
    (found,) = session.run([OUTPUT], {INPUT: lq.numpy()})
    difference = float((torch.from_numpy(found) - expected).abs().max())
    if not difference <= _LARGEST_DIFFERENCE * max(1.0, float(expected.abs().max())):
        raise ConfigError(
            f"{type(network).__name__} is not exported: its graph differs from PyTorch by "
            f"{difference:.0e}; use the backend pytorch."
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
