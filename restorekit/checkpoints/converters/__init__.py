"""Convert the checkpoints of methods' authors into network files: one module a format.

A converter infers everything it can from the weights; only the rest has to be given.
A new format is a function ``(content, source) -> ConvertedNetwork``, made known by
:func:`register_format`, from a plugin too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from restorekit.checkpoints.io import load_file
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.network_file import require_network_suffix, save_network
from restorekit.checkpoints.state_dicts import find_state_dict
from restorekit.errors import CheckpointError, ConfigError, UnknownNameError, did_you_mean
from restorekit.io.files import require_writable, sha256

from .dcsfn import convert_dcsfn
from .ddn import convert_ddn, ddn_file, read_ddn
from .drsformer import convert_drsformer
from .mprnet import convert_mprnet
from .nafnet import convert_nafnet
from .nerd_rain import convert_nerd_rain
from .nledn import convert_nledn
from .prenet import convert_prenet
from .rehen import convert_rehen
from .rescan import convert_rescan
from .restormer import convert_restormer
from .source import ConvertedNetwork, SourceWeights
from .ssir import convert_ssir
from .tensorflow import read_tensorflow_checkpoint, tensorflow_data_file

__all__ = [
    "FORMATS",
    "ConvertedNetwork",
    "Format",
    "SourceWeights",
    "convert_checkpoint",
    "register_format",
]

#: Takes the content of a file (of a PyTorch file, its state dict) and the file's name for messages.
Converter: TypeAlias = Callable[[Any, str], ConvertedNetwork]


@dataclass(frozen=True)
class Format:
    """How a method's authors stored their networks.

    Attributes:
        convert: The converter.
        read: Reads the file that a user names, safely.
        weights_file: Returns the file with the weights, whose checksum is kept, from what a
            user names.
    """

    convert: Converter
    read: Callable[[str], Any] = load_file
    weights_file: Callable[[str], Path] = Path


FORMATS: dict[str, Format] = {
    "dcsfn": Format(convert_dcsfn),
    "ddn": Format(convert_ddn, read_ddn, ddn_file),
    "drsformer": Format(convert_drsformer),
    "mprnet": Format(convert_mprnet),
    "nafnet": Format(convert_nafnet),
    "nerd-rain": Format(convert_nerd_rain),
    "nledn": Format(convert_nledn),
    "prenet": Format(convert_prenet),
    "rehen": Format(convert_rehen, read_tensorflow_checkpoint, tensorflow_data_file),
    "rescan": Format(convert_rescan),
    "restormer": Format(convert_restormer),
    "ssir": Format(convert_ssir, read_tensorflow_checkpoint, tensorflow_data_file),
}


def register_format(name: str, form: Format) -> None:
    """Add a checkpoint format, for ``restorekit convert NAME``.

    Args:
        name: Lower-case name, usually the method's.
        form: How to read and convert its files.

    Raises:
        ConfigError: If the name is taken by another format.
    """
    if FORMATS.get(name, form) != form:
        raise ConfigError(f"The checkpoint format {name!r} exists already; choose another name.")
    FORMATS[name] = form


def convert_checkpoint(
    format_name: str,
    source: str | os.PathLike[str],
    target: str | os.PathLike[str],
    settings: Mapping[str, Any] | None = None,
    weights: str | None = None,
) -> ConvertedNetwork:
    """Convert a file of a method's authors into a network file.

    Args:
        format_name: A key of :data:`FORMATS`.
        source: The authors' file; for a TensorFlow checkpoint, the common prefix of its files.
        target: The file to write, ``.safetensors`` or ``.pth``; one that exists is
            replaced, once the conversion has succeeded.
        settings: Parameters of the network that replace those found or assumed, such as
            the number of stages, which weights do not determine.
        weights: Which of several state dicts of a PyTorch file to take, by its key. By
            default an average (``params_ema``) is taken where there is one.

    Returns:
        What was found and written; the summary names the state dict if there were several.

    Raises:
        UnknownNameError: If there is no such format.
        CheckpointError: If the source cannot be read safely, is not of that format, or is
            the target itself.
        OutputError: If the target cannot be written.
    """
    if format_name not in FORMATS:
        raise UnknownNameError(
            f"{format_name!r} is not a checkpoint format.{did_you_mean(format_name, FORMATS)} "
            f"There is: {', '.join(sorted(FORMATS))}."
        )
    require_network_suffix(Path(target))
    if Path(source).resolve() == Path(target).resolve():
        raise CheckpointError(f"{target} is the file to convert; give another name for the result.")
    require_writable(target, example="network.safetensors")
    form, path = FORMATS[format_name], os.fspath(source)
    content = form.read(path)
    facts, choice = {}, ""
    if form.read is load_file:
        found = find_state_dict(content, path, weights)
        content, facts = found.weights, dict(found.facts)
        if found.others:
            facts["weights"] = found.key
            choice = f"; of {', '.join((found.key, *found.others))}, {found.key} is taken"
    elif weights is not None:
        raise CheckpointError(f"{source}: only PyTorch files hold several sets of weights.")
    converted = form.convert(content, path)
    converted = replace(
        converted,
        facts={**facts, **converted.facts},
        summary=converted.summary + choice,
    )
    if settings:
        assumed = {key: v for key, v in converted.assumed.items() if key not in settings}
        config = {**converted.config, **settings}
        converted = replace(converted, config=config, assumed=assumed)
    # Nothing is written that could not be loaded.
    build_network(converted.config, converted.weights, source)
    file = form.weights_file(path)
    origin: dict[str, Any] = {
        "format": format_name,
        "file": file.name,
        "sha256": sha256(file),
    }
    parameters = {"assumed": converted.assumed, "set": dict(settings or {})}
    origin |= {**converted.facts, **{key: value for key, value in parameters.items() if value}}
    save_network(converted.weights, converted.config, target, {"converted_from": origin})
    return converted
