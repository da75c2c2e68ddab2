"""Publish trained weights: the network's file, and its entry in an index."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml
from msgspec import to_builtins

from restorekit.checkpoints import save_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.errors import ConfigError
from restorekit.io.files import require_writable, sha256, write_text

from .index import Measured, TrainingData, read_yaml_models

HEADER = """\
# Networks that are published by name. `restorekit hub publish` writes file, sha256, size, network,
# parameters and measured; the rest is written by hand.
"""
#: What of the entry the network's file states, too.
_FACTS = ("summary", "licence", "trained_on", "recipe", "seed", "card", "measured")


def publish(
    name: str,
    checkpoint: Path,
    index: Path,
    *,
    summary: str | None = None,
    licence: str | None = None,
    trained_on: list[TrainingData] | None = None,
    measured: list[Measured] | None = None,
) -> Path:
    """Write the weights of a checkpoint as a published network.

    Of a training with averaged weights, these are in the checkpoint and are taken. An entry that
    exists is updated, and keeps what is not given.

    Args:
        name: What ``--model`` will call it.
        checkpoint: A checkpoint of a training, or a converted network.
        index: The index, made where it is missing; the weights go into ``weights/`` beside it.
        summary: What the network does, in one sentence.
        licence: Licence of the weights.
        trained_on: The training data.
        measured: Numbers.

    Returns:
        The network's file.

    Raises:
        ConfigError: If a new entry has no summary or no licence.
        CheckpointError: If the checkpoint cannot be read.
        DataError: If the index cannot be read.
        OutputError: If a file cannot be written.
    """
    models = read_yaml_models(index) if index.is_file() else {}
    entry: dict[str, Any] = models.setdefault(name, {})
    given = {
        "summary": summary,
        "licence": licence,
        "trained_on": to_builtins(trained_on),
        "measured": to_builtins(measured),
    }
    entry.update({key: value for key, value in given.items() if value is not None})
    missing = [key for key in ("summary", "licence") if not entry.get(key)]
    if missing:
        raise ConfigError(
            f"{index} has no {' and no '.join(missing)} for {name}: give "
            f"{' and '.join(f'--{key}' for key in missing)}, or write them into the index."
        )
    weights, meta = read_network_file(checkpoint)
    target = index.parent / "weights" / f"{name}.safetensors"
    require_writable(target)
    facts = {"name": name, **{key: entry[key] for key in _FACTS if key in entry}}
    save_network(weights, meta["network"], target, facts)
    entry.update(
        file=f"weights/{target.name}",
        sha256=sha256(target),
        size=target.stat().st_size,
        # Plain lists and numbers, whatever the checkpoint's config holds.
        network=json.loads(json.dumps(meta["network"])),
        parameters=sum(tensor.numel() for tensor in weights.values()),
    )
    text = yaml.safe_dump({"models": models}, sort_keys=False, allow_unicode=True, width=100)
    write_text(index, HEADER + text)
    return target
