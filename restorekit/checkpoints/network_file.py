"""Network files: weights together with the config of the network they belong to.

A ``.safetensors`` file keeps the config and other facts as JSON in its metadata, under the
key ``restorekit``; a ``.pth`` file is a dict of ``meta`` and ``state_dict``. The facts are::

    {"format": "restorekit.network/1", "network": {"type": "DCSFN", ...}, ...}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialize
from torch import nn

from restorekit import fast
from restorekit.archs.sizing import with_padding
from restorekit.errors import CheckpointError, did_you_mean
from restorekit.io.files import atomic_path

from .io import load_file, read_head, reason, require_file, save_file
from .network_config import build_network, check_network_config
from .plain import to_plain

#: What ``meta['format']`` says in the files that :func:`save_network` writes.
FORMAT = "restorekit.network/1"
#: Key of the JSON in the metadata of a ``.safetensors`` file.
METADATA_KEY = "restorekit"
SUFFIXES = (".safetensors", ".pth")
#: What a restorer puts before the keys of its network's weights.
_RESTORER_PREFIX = "network."

Weights: TypeAlias = dict[str, torch.Tensor]


def load_network(path: str | os.PathLike[str], accelerate: bool = True) -> nn.Module:
    """Load the network of a published, converted or training checkpoint, ready to use.

    Nothing in the file is executed: weights are data, and the network's config may name
    only what is registered here or by an installed plugin.

    Args:
        path: A ``.safetensors`` or ``.pth`` file that :func:`save_network` or a training
            run wrote.
        accelerate: Replace blocks by faster ones that compute the same in inference; see
            :func:`restorekit.fast.accelerate`.

    Returns:
        The network in eval mode, on the CPU, float32. It takes images (N, 3, H, W), RGB in
        [0, 1], of any size (:func:`~restorekit.archs.sizing.with_padding`) and returns the
        restored ones.

    Raises:
        CheckpointError: If the file is missing, damaged, unsafe, names no network, or its
            weights do not fit that network.

    Example:
        >>> from restorekit.hub import locate
        >>> network = load_network(locate("derain-small"))
        >>> network(torch.rand(1, 3, 30, 50)).shape
        torch.Size([1, 3, 30, 50])
    """
    weights, meta = read_network_file(path)
    network = build_network(meta["network"], weights, path)
    return with_padding(fast.accelerate(network) if accelerate else network)


def read_network_file(path: str | os.PathLike[str]) -> tuple[Weights, dict[str, Any]]:
    """Read what :func:`load_network` reads, without building anything.

    Returns:
        The network's state dict, without the prefix that a restorer gives it, and the
        file's facts, among them ``network``, whose content is unchecked.

    Raises:
        CheckpointError: If the file is missing, damaged, unsafe or names no network.
    """
    file = require_file(path)
    if file.suffix == ".safetensors":
        return _read_safetensors(file)
    content = load_file(file)
    meta = content.get("meta") if isinstance(content, dict) else None
    if not isinstance(meta, dict) or not isinstance(meta.get("network"), dict):
        raise CheckpointError(
            f"{file} does not say which network it holds (no meta.network): if it is a method's "
            "authors', use `restorekit convert FORMAT IN OUT` first."
        )
    weights = content.get("state_dict")
    if not isinstance(weights, dict) or not _is_state_dict(weights):
        raise CheckpointError(f"{file}: its 'state_dict' is missing or holds more than tensors.")
    if "format" in meta:
        _require_known_format(meta, file)
        return weights, meta
    # A training checkpoint: the network is a part of the restorer, and other parts go.
    network = {
        key.removeprefix(_RESTORER_PREFIX): value
        for key, value in weights.items()
        if key.startswith(_RESTORER_PREFIX)
    }
    return network, meta


def save_network(
    network: nn.Module | Mapping[str, torch.Tensor],
    config: Mapping[str, Any],
    path: str | os.PathLike[str],
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write weights and the config of their network, atomically.

    Args:
        network: The network or its state dict, on any device.
        config: Config that builds it, ``dict(type='DCSFN', ...)``.
        path: A file ending in ``.safetensors`` or ``.pth``; one that exists is replaced.
        facts: Other facts about the weights (dataset, results, origin): plain data that
            JSON can hold.

    Raises:
        CheckpointError: If the suffix is another, or the config, the weights or the facts
            hold anything else; nothing is written then.
        OutputError: If the file cannot be written.

    Example:
        >>> from restorekit.registry import MODELS
        >>> config = dict(type="DDN", num_blocks=2)
        >>> save_network(MODELS.build(config), config, "ddn.safetensors", dict(author="me"))
        >>> load_network("ddn.safetensors", accelerate=False)(torch.rand(1, 3, 32, 32)).shape
        torch.Size([1, 3, 32, 32])
    """
    target = Path(path)
    require_network_suffix(target)
    weights = network.state_dict() if isinstance(network, nn.Module) else network
    if not _is_state_dict(weights):
        raise CheckpointError(f"{target}: a network's weights must be tensors under string keys.")
    reserved = {"format": FORMAT, "network": config}
    if facts and facts.keys() & reserved.keys():
        raise CheckpointError(f"{target}: no fact can be called {' or '.join(reserved)}.")
    try:
        # Through JSON in both formats, so that they hold the same.
        meta = json.loads(_to_json({**reserved, **(facts or {})}))
    except (TypeError, ValueError) as error:
        raise CheckpointError(
            f"{target}: config and facts must be plain data ({error})."
        ) from error
    check_network_config(meta["network"], target)
    # Copies, since safetensors takes neither views nor tensors that share memory.
    copies = {
        key: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for key, value in weights.items()
    }
    if target.suffix == ".pth":
        save_file({"meta": meta, "state_dict": copies}, target)
        return
    with atomic_path(target) as temporary:
        # One key only: safetensors writes several in random order.
        temporary.write_bytes(serialize(copies, {METADATA_KEY: _to_json(meta)}))


def require_network_suffix(path: Path) -> None:
    """Require a name that :func:`save_network` can write.

    Raises:
        CheckpointError: If it ends in something else.
    """
    if path.suffix not in SUFFIXES:
        raise CheckpointError(
            f"{path} ends in {path.suffix!r}, and networks are written as .safetensors or .pth."
            f"{did_you_mean(path.suffix, SUFFIXES)}"
        )


def _read_safetensors(file: Path) -> tuple[Weights, dict[str, Any]]:
    read_head(file)
    try:
        with safe_open(file, framework="pt") as content:
            text = (content.metadata() or {}).get(METADATA_KEY)
            weights = {key: content.get_tensor(key) for key in content.keys()}  # noqa: SIM118
        meta = json.loads(text) if text is not None else None
    except (SafetensorError, OSError, ValueError, RecursionError) as error:
        raise CheckpointError(
            f"{file} is not a whole safetensors file of restorekit ({reason(error)}); copy or "
            "download it again."
        ) from error
    if not isinstance(meta, dict) or not isinstance(meta.get("network"), dict):
        raise CheckpointError(
            f"{file} does not say which network it holds (its metadata has no "
            f"{METADATA_KEY!r}): it is not from restorekit; `restorekit convert` may read the "
            "file that it was made from."
        )
    _require_known_format(meta, file)
    return weights, meta


def _require_known_format(meta: Mapping[str, Any], file: Path) -> None:
    if meta.get("format") != FORMAT:
        raise CheckpointError(
            f"{file} is of the format {meta.get('format')!r}, and this version reads {FORMAT!r}; "
            "a newer restorekit may read it."
        )


def _is_state_dict(weights: Mapping[Any, Any]) -> bool:
    return all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in weights.items()
    )


def _to_json(value: Mapping[str, Any]) -> str:
    return json.dumps(to_plain(value), allow_nan=False, sort_keys=True)
