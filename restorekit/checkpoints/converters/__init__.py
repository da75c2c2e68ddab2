"""The authors' own checkpoints, turned into network files: one module a format.

A converter infers everything from the weights, so that nothing has to be typed in. A new
format is a function ``(content, source) -> ConvertedNetwork`` and a line in ``FORMATS``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from restorekit.checkpoints.io import load_file
from restorekit.checkpoints.network_config import build_network
from restorekit.checkpoints.network_file import require_network_suffix, save_network
from restorekit.errors import CheckpointError, UnknownNameError, did_you_mean
from restorekit.files import sha256

from .dcsfn import convert_dcsfn
from .source import ConvertedNetwork

__all__ = ["FORMATS", "ConvertedNetwork", "convert_checkpoint"]

#: Turns the content of a file, and its name for messages, into a network of ours.
Converter: TypeAlias = Callable[[Any, str], ConvertedNetwork]

FORMATS: dict[str, Converter] = {"dcsfn": convert_dcsfn}


def convert_checkpoint(
    format_name: str, source: str | os.PathLike[str], target: str | os.PathLike[str]
) -> ConvertedNetwork:
    """Convert a file of a method's authors into a network file.

    Args:
        format_name: A key of :data:`FORMATS`.
        source: The authors' file.
        target: The file to write, ``.safetensors`` or ``.pth``; one that exists is
            replaced, once the conversion has succeeded.

    Returns:
        What was found and written.

    Raises:
        UnknownNameError: If there is no such format.
        CheckpointError: If the source cannot be read safely, is not of that format, or is
            the target itself.
    """
    if format_name not in FORMATS:
        raise UnknownNameError(
            f"{format_name!r} is not a checkpoint format.{did_you_mean(format_name, FORMATS)} "
            f"There is: {', '.join(sorted(FORMATS))}."
        )
    require_network_suffix(Path(target))
    if Path(source).resolve() == Path(target).resolve():
        raise CheckpointError(f"{target} is the file to convert; give another name for the result.")
    converted = FORMATS[format_name](load_file(source), str(source))
    # Proves that what is written can be loaded.
    build_network(converted.config, converted.weights, source)
    origin = {"format": format_name, "file": Path(source).name, "sha256": sha256(source)}
    facts = {"converted_from": {**origin, **converted.facts}}
    save_network(converted.weights, converted.config, target, facts)
    return converted
