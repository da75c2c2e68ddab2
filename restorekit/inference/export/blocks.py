"""Trace each repeated block of a network once, as a function of its weights."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import nn

from restorekit.io.extras import optional_package

#: Domain of the functions in a graph, until they are put where they are called.
DOMAIN = "restorekit.blocks"
#: Modules that a block has at least: fewer are traced as fast as a call.
_SMALLEST = 4
Shape: TypeAlias = tuple[int, ...]
#: What modules take that keep the shape of one tensor, None for the others.
Shapes: TypeAlias = Mapping[nn.Module, Shape | None]
_PLAIN = (bool, int, float, str, type(None), torch.dtype)


@dataclass
class Block:
    """Modules of a network that compute the same with different weights.

    Attributes:
        name: Name of the function.
        shape: Shape of the features that the first one takes.
        free: Dimensions of the features that depend on the size or the number of images.
        members: The modules.
        weights: Names of the weights that the function takes after its features.
    """

    name: str
    shape: Shape
    free: tuple[int, ...]
    members: list[nn.Module]
    weights: list[str] = field(default_factory=list)


def repeated_blocks(shapes: Shapes, others: Shapes) -> list[Block]:
    """Find the outermost modules that occur more than once and keep the shape of one tensor.

    Args:
        shapes: :func:`module_shapes` of the images that will be traced.
        others: Those of images which differ in what the graph leaves free. Features' dimensions
            that differ with them are free.
    """
    kinds: dict[nn.Module, Any] = {}
    groups: dict[Any, list[nn.Module]] = {}
    frees: dict[nn.Module, tuple[int, ...]] = {}
    for module, shape in shapes.items():
        kind, other = _kind(module, kinds), others[module]
        if shape is None or other is None or kind is None or len(shape) != len(other):
            continue
        frees[module] = tuple(
            i for i, (a, b) in enumerate(zip(shape, other, strict=True)) if a != b
        )
        fixed = tuple(-1 if i in frees[module] else side for i, side in enumerate(shape))
        groups.setdefault((kind, fixed), []).append(module)
    repeated = [members for members in groups.values() if len(members) > 1]
    insides = {inner for group in repeated for one in group for inner in list(one.modules())[1:]}
    return [
        Block(f"{type(first).__name__}{index}", shapes[first] or (), frees[first], members)
        for index, members in enumerate(repeated)
        if not insides.intersection(members)
        for first in members[:1]
    ]


@contextlib.contextmanager
def calls_of(blocks: Sequence[Block]) -> Iterator[None]:
    """Inside, every member puts a call of its function into the graph instead of itself."""
    members = [(block, member) for block in blocks for member in block.members]
    for block, member in members:
        member.forward = _caller(block, member)
    try:
        yield
    finally:
        for _, member in members:
            del member.forward


def as_function(onnx: Any, block: Block, model: Any, prefix: str) -> Any:
    """Return the graph of a block's first member as an ``onnx.FunctionProto``.

    None if the exporter has replaced weights by others that it computed, as it merges
    normalisations with convolutions.

    Args:
        onnx: The package.
        block: The block; its ``weights`` are set.
        model: The graph, whose weights are inputs.
        prefix: What stands before the names of the weights.
    """
    graph = model.graph
    names = [value.name for value in graph.input]
    block.weights = [name.removeprefix(prefix) for name in names[1:]]
    if not set(block.weights) <= block.members[0].state_dict().keys():
        return None
    constants = [
        onnx.helper.make_node("Constant", [], [tensor.name], value=tensor)
        for tensor in graph.initializer
    ]
    return onnx.helper.make_function(
        DOMAIN,
        block.name,
        names,
        [value.name for value in graph.output],
        [*constants, *graph.node],
        list(model.opset_import),
    )


def inline(model: Any) -> Any:
    """Return a model in which nodes stand where its functions were called."""
    if not model.functions:
        return model
    inliner = optional_package("onnx.inliner", "onnx", "Exporting")
    model = inliner.inline_local_functions(model)
    # Each call repeats the names of the sizes that the function was traced with.
    del model.graph.value_info[:]
    others = [opset for opset in model.opset_import if opset.domain != DOMAIN]
    del model.opset_import[:]
    model.opset_import.extend(others)
    return model


def _caller(block: Block, member: nn.Module) -> Callable[[torch.Tensor], torch.Tensor]:
    tensors = dict(member.state_dict(keep_vars=True))

    class Call(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: torch.Tensor, *weights: torch.Tensor) -> torch.Tensor:
            return x.clone()

        @staticmethod
        def symbolic(g: Any, x: Any, *weights: Any) -> Any:
            return g.op(f"{DOMAIN}::{block.name}", x, *weights).setType(x.type())

    def forward(x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = Call.apply(x, *(tensors[name] for name in block.weights))  # type: ignore[no-untyped-call]
        return result

    return forward


def module_shapes(network: nn.Module, images: Shape) -> Shapes:
    """Return what modules take that are called once, with one tensor whose shape they keep.

    None for others, and for modules that write to what they take.

    Args:
        network: The network, which is run.
        images: Shape of the images.
    """
    shapes: dict[nn.Module, Shape | None] = {}
    versions: dict[nn.Module, int] = {}

    def begin(module: nn.Module, args: Any) -> None:
        if args and isinstance(args[0], torch.Tensor):
            versions[module] = args[0]._version

    def note(module: nn.Module, args: Any, kwargs: Any, output: Any) -> None:
        keeps = (
            module not in shapes
            and len(args) == 1
            and not kwargs
            and isinstance(args[0], torch.Tensor)
            and isinstance(output, torch.Tensor)
            and args[0].shape == output.shape
            and args[0].dtype == output.dtype
            and args[0]._version == versions[module]
        )
        shapes[module] = tuple(args[0].shape) if keeps else None

    hooks = []
    for module in network.modules():
        if sum(1 for _ in module.modules()) >= _SMALLEST:
            hooks.append(module.register_forward_pre_hook(begin))
            hooks.append(module.register_forward_hook(note, with_kwargs=True))
    try:
        with torch.no_grad():
            network(torch.full(images, 0.5))
    finally:
        for hook in hooks:
            hook.remove()
    return shapes


def _kind(module: nn.Module, kinds: dict[nn.Module, Any]) -> Any:
    """Return what two modules share that differ in their weights only; None if it is unknown."""
    if module not in kinds:
        kinds[module] = _find_kind(module, kinds)
    return kinds[module]


def _find_kind(module: nn.Module, kinds: dict[nn.Module, Any]) -> Any:
    settings = []
    for key, value in sorted(vars(module).items()):
        if key == "training":
            continue
        if key.startswith("_") and "_hook" in key:
            if value:
                return None
        elif key == "_modules":
            inner = {
                name: _kind(child, kinds) for name, child in value.items() if child is not None
            }
            if None in inner.values():
                return None
            settings.append((key, tuple(inner.items())))
        elif key == "_non_persistent_buffers_set" and value:
            # The trace takes them for constants.
            return None
        elif key in ("_parameters", "_buffers"):
            tensors = ((n, t if t is None else (tuple(t.shape), t.dtype)) for n, t in value.items())
            settings.append((key, tuple(tensors)))
        else:
            plain = _plain_value(value)
            if plain is None:
                return None
            settings.append((key, plain))
    return type(module), tuple(settings)


def _plain_value(value: Any) -> Any:
    """Return a hashable form of plain data; None of anything else."""
    if isinstance(value, _PLAIN):
        return (type(value), value)
    if isinstance(value, (tuple, list, set, frozenset)):
        items = [_plain_value(item) for item in value]
        return None if None in items else (type(value), tuple(items))
    if hasattr(value, "__dataclass_fields__"):
        return (type(value), repr(value))
    return None
