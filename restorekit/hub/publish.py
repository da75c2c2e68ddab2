"""Publish trained weights: the network's file, and its entry in an index."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import yaml
from msgspec import Meta, Struct, to_builtins

from restorekit.checkpoints import save_network
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.network_file import read_network_file
from restorekit.errors import CheckpointError, ConfigError
from restorekit.io.files import require_writable, sha256, write_text
from restorekit.version import __version__

from .index import Measured, Text, TrainingData, read_yaml_models

HEADER = """\
# Networks that are published by name. `restorekit hub publish` writes file, sha256, size, network,
# parameters and measured; the rest is written by hand.
"""
#: What of the entry the network's file states, too.
_FACTS = ("summary", "licence", "trained_on", "recipe", "seed", "card", "measured")


#: What a training checkpoint knows about its training.
_TRAINING = ("epoch", "iter", "experiment_name", "optimizer", "losses")


class Card(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only the author of weights knows; the keys are those of :class:`Published`."""

    summary: Text
    licence: Text
    trained_on: Annotated[list[TrainingData], Meta(min_length=1)]
    recipe: str = ""
    seed: int | None = None
    card: str = ""


def publish_file(
    checkpoint: Path, target: Path, card: Card, measured: Sequence[Measured] = ()
) -> None:
    """Write the weights of a checkpoint as a network file that states its facts.

    Of a training with averaged weights, the average is written. The facts are those of the card,
    the numbers, the checkpoint's SHA-256 and what it knows about its training; a converted network
    keeps the facts that it has.

    Args:
        checkpoint: A checkpoint of a training, or a network file.
        target: The file, ``.safetensors``; one that exists is replaced.
        card: The author's facts.
        measured: Numbers.

    Raises:
        CheckpointError: If the checkpoint cannot be read, its weights do not fit its network, or
            the suffix of ``target`` is another.
        OutputError: If the file cannot be written.
    """
    if target.suffix != ".safetensors":
        raise CheckpointError(
            f"{target} ends in {target.suffix!r}, and networks are published as .safetensors."
        )
    weights, meta = read_network_file(checkpoint)
    build_network(meta["network"], weights, checkpoint)
    facts: dict[str, Any]
    if "format" in meta:
        facts = {key: value for key, value in meta.items() if key not in ("format", "network")}
    else:
        facts = {"training": {key: meta[key] for key in _TRAINING if key in meta}}
        facts["seed"] = meta.get("seed")
    stated = {key: value for key, value in to_builtins(card).items() if value not in ("", None)}
    facts |= stated
    facts["measured"] = to_builtins(list(measured))
    facts["checkpoint_sha256"] = sha256(checkpoint)
    facts["restorekit"] = __version__
    save_network(weights, meta["network"], target, facts)


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
        ConfigError: If a new entry has no summary or no licence, or the name would be taken for a
            path.
        CheckpointError: If the checkpoint cannot be read.
        DataError: If the index cannot be read.
        OutputError: If a file cannot be written.
    """
    if re.fullmatch(r"[A-Za-z0-9][\w-]*", name) is None:
        raise ConfigError(
            f"--name {name!r} would be taken for a path: use letters, digits, - and _ only."
        )
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
    require_writable(index)
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
