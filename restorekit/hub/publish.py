"""Publish trained weights: as a file that states its facts, and under a name in an index."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml
from msgspec import to_builtins
from msgspec.structs import fields, replace

from restorekit.checkpoints import save_network
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.errors import CheckpointError, ConfigError
from restorekit.io.files import require_writable, sha256, write_text
from restorekit.io.records import to_record
from restorekit.version import __version__

from .index import Facts, Measured, Published, index_files, read_index

HEADER = "# Networks that are published by name; written by `restorekit publish --index`.\n"
#: What a training checkpoint knows about its training.
_TRAINING = ("epoch", "iter", "experiment_name", "optimizer", "losses")
_FACTS = tuple(field.name for field in fields(Facts))
_REQUIRED = tuple(field.name for field in fields(Facts) if field.required)


def publish_file(
    checkpoint: Path,
    target: Path,
    facts: Facts | None = None,
    measured: Sequence[Measured] | None = None,
    *,
    name: str = "",
) -> Facts:
    """Write the weights of a checkpoint as a network file that states its facts.

    From a training with averaged weights, the average is written. The file also states the
    checkpoint's SHA-256 and what the checkpoint knows about its training; further metadata of a
    network file is kept.

    Args:
        checkpoint: A checkpoint of a training, or a network file.
        target: The file, ``.safetensors``; an existing one is replaced.
        facts: The facts; by default, those that the network file states.
        measured: Numbers that replace those in the facts.
        name: Name of the network in an index.

    Returns:
        The facts in the file.

    Raises:
        ConfigError: If ``facts`` is not given, and the file lacks some.
        CheckpointError: If the checkpoint cannot be read, its weights do not fit its network, or
            ``target`` has another suffix.
        OutputError: If the file cannot be written.
    """
    if target.suffix != ".safetensors":
        raise CheckpointError(
            f"{target} ends in {target.suffix!r}, and networks are published as .safetensors."
        )
    weights, meta = read_network_file(checkpoint)
    build_network(meta["network"], weights, checkpoint)
    others: dict[str, Any]
    if "format" in meta:
        others = {key: meta[key] for key in meta.keys() - {"format", "network", "name", *_FACTS}}
    else:
        others = {"training": {key: meta[key] for key in _TRAINING if key in meta}}
    facts = facts or _stated(meta, checkpoint)
    if facts.seed is None and isinstance(meta.get("seed"), int):
        facts = replace(facts, seed=meta["seed"])
    if measured is not None:
        facts = replace(facts, measured=list(measured))
    others["checkpoint_sha256"] = sha256(checkpoint)
    others["restorekit"] = __version__
    if name:
        others["name"] = name
    save_network(weights, meta["network"], target, others | _written(facts))
    return facts


def publish_in_index(
    checkpoint: Path,
    index: Path,
    name: str,
    facts: Facts | None = None,
    measured: Sequence[Measured] | None = None,
) -> Path:
    """Write the weights of a checkpoint beside an index, and name them in it.

    Args:
        checkpoint: See :func:`publish_file`.
        index: The index, created if it is missing; the weights go into ``weights/`` beside it. An
            entry of this name is replaced.
        name: What ``--model`` will call it.
        facts: The facts; by default, those of the entry that is replaced, without its numbers, or
            those that the network file states.
        measured: Numbers that replace those in the facts.

    Returns:
        The network's file.

    Raises:
        ConfigError: If facts are missing, the name would be taken for a path, or another index
            has it.
        CheckpointError: If the checkpoint cannot be read, or its weights do not fit its network.
        DataError: If an index cannot be read.
        OutputError: If a file cannot be written.
    """
    if re.fullmatch(r"[A-Za-z0-9][\w-]*", name) is None:
        raise ConfigError(
            f"--name {name!r} would be taken for a path: use letters, digits, - and _ only."
        )
    for other in index_files():
        if other.resolve() != index.resolve() and name in read_index(other):
            raise ConfigError(
                f"--name {name!r} is taken: {other} names a network so; give another name."
            )
    models = read_index(index) if index.is_file() else {}
    if facts is None and name in models:
        kept = {key: getattr(models[name], key) for key in _FACTS if key != "measured"}
        facts = Facts(**kept)
    target = index.parent / "weights" / f"{name}.safetensors"
    require_writable(index, "--index", example="models.yml")
    require_writable(target)
    facts = publish_file(checkpoint, target, facts, measured, name=name)
    weights, meta = read_network_file(target)
    models[name] = Published(
        **{key: getattr(facts, key) for key in _FACTS},
        file=f"weights/{target.name}",
        sha256=sha256(target),
        size=target.stat().st_size,
        network=meta["network"],
        parameters=sum(tensor.numel() for tensor in weights.values()),
    )
    content = {"models": {key: _written(model) for key, model in models.items()}}
    text = yaml.safe_dump(
        json.loads(json.dumps(content)), sort_keys=False, allow_unicode=True, width=100
    )
    write_text(index, HEADER + text)
    return target


def _stated(meta: dict[str, Any], checkpoint: Path) -> Facts:
    """Return the facts that a network file states."""
    missing = [key for key in _REQUIRED if not meta.get(key)]
    if missing:
        raise ConfigError(
            f"{checkpoint} does not state its {' and '.join(missing)}: write the facts into a YAML "
            "file, and give it with --facts."
        )
    return to_record({key: meta[key] for key in _FACTS if key in meta}, Facts, str(checkpoint))


def _written(facts: Facts) -> dict[str, Any]:
    """Return a record to write, without empty values and what only reading an index adds."""
    content: dict[str, Any] = to_builtins(facts)
    return {
        key: value
        for key, value in content.items()
        if value not in ("", None, []) and key not in ("name", "index")
    }
