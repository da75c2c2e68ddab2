"""Convert the checkpoints of methods' authors into network files: one module per format.

A converter infers everything it can from the weights; only the rest has to be given.
A new format is a function ``(content, source) -> ConvertedNetwork`` that
:func:`register_format` registers, also from a plugin.
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

from .bioir import convert_bioir
from .dcsfn import convert_dcsfn
from .ddn import convert_ddn, ddn_file, read_ddn
from .drsformer import convert_drsformer
from .frequency import convert_fadformer, convert_sfhformer
from .idt import convert_idt
from .mprnet import convert_mprnet
from .multi_input_output import convert_convir, convert_sfnet
from .nafnet import convert_nafnet
from .nerd_rain import convert_nerd_rain
from .nledn import convert_nledn
from .prenet import convert_prenet
from .rcdnet import convert_rcdnet
from .rehen import convert_rehen
from .rescan import convert_rescan
from .residue import convert_hct_ffn, convert_spdnet
from .restormer import convert_restormer
from .source import ConvertedNetwork, SourceWeights
from .ssir import convert_ssir
from .tensorflow import read_tensorflow_checkpoint, tensorflow_data_file
from .uformer import convert_uformer

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
    """How a method's authors store their networks.

    Attributes:
        convert: Converts the content of a file.
        read: Reads the file that a user gives, without running code from it.
        weights_file: Returns the path of the file with the weights, whose checksum is
            recorded, from the path that a user gives.
    """

    convert: Converter
    read: Callable[[str], Any] = load_file
    weights_file: Callable[[str], Path] = Path


FORMATS: dict[str, Format] = {
    "bioir": Format(convert_bioir),
    "convir": Format(convert_convir),
    "dcsfn": Format(convert_dcsfn),
    "ddn": Format(convert_ddn, read_ddn, ddn_file),
    "drsformer": Format(convert_drsformer),
    "fadformer": Format(convert_fadformer),
    "hct-ffn": Format(convert_hct_ffn),
    "idt": Format(convert_idt),
    "mprnet": Format(convert_mprnet),
    "nafnet": Format(convert_nafnet),
    "nerd-rain": Format(convert_nerd_rain),
    "nledn": Format(convert_nledn),
    "prenet": Format(convert_prenet),
    "rcdnet": Format(convert_rcdnet),
    "rehen": Format(convert_rehen, read_tensorflow_checkpoint, tensorflow_data_file),
    "rescan": Format(convert_rescan),
    "restormer": Format(convert_restormer),
    "sfhformer": Format(convert_sfhformer),
    "sfnet": Format(convert_sfnet),
    "spdnet": Format(convert_spdnet),
    "ssir": Format(convert_ssir, read_tensorflow_checkpoint, tensorflow_data_file),
    "uformer": Format(convert_uformer),
}


def register_format(name: str, form: Format) -> None:
    """Add a checkpoint format, for ``restorekit convert NAME``.

    Args:
        name: Lower-case name, usually the method's.
        form: How to read and convert its files.

    Raises:
        ConfigError: If another format has the name.
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
        target: The file to write, ``.safetensors`` or ``.pth``; an existing one is replaced
            once the conversion has succeeded.
        settings: Parameters of the network that replace those found or assumed, such as
            the number of stages, which weights do not determine.
        weights: Key of the state dict to take from a PyTorch file that has several. By
            default an average (``params_ema``) is taken if there is one.

    Returns:
        The converted network; the summary names the state dict if there were several.

    Raises:
        UnknownNameError: If there is no such format.
        CheckpointError: If the source cannot be read safely, is not of that format, or is
            the target itself.
        OutputError: If the target cannot be written.
    """
    if format_name not in FORMATS:
        raise UnknownNameError(
            f"{format_name!r} is not a checkpoint format.{did_you_mean(format_name, FORMATS)} "
            f"The formats are {', '.join(sorted(FORMATS))}."
        )
    require_network_suffix(Path(target))
    if Path(source).resolve() == Path(target).resolve():
        raise CheckpointError(f"{target} is the file to convert; give another name for the result.")
    require_writable(target, example="network.safetensors")
    form, path = FORMATS[format_name], os.fspath(source)
    content, facts, choice = _read(form, path, weights)
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
    # Refuse weights that could not be loaded, before anything is written.
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


def _read(form: Format, path: str, weights: str | None) -> tuple[Any, dict[str, Any], str]:
    """Return a file's content, facts about it, and which of several state dicts was taken."""
    content = form.read(path)
    if form.read is not load_file:
        if weights is not None:
            raise CheckpointError(f"{path}: only PyTorch files hold several sets of weights.")
        return content, {}, ""
    found = find_state_dict(content, path, weights)
    if not found.others:
        return found.weights, dict(found.facts), ""
    choice = f"; of {', '.join((found.key, *found.others))}, {found.key} is taken"
    return found.weights, {**found.facts, "weights": found.key}, choice
