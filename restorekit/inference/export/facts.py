"""What an exported file says about itself: the network, its sizes, its weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from restorekit.archs.sizing import SizeRequirements
from restorekit.errors import CheckpointError
from restorekit.io.extras import optional_package

#: What ``format`` says.
FORMAT = "restorekit.onnx/1"
#: Key of the facts, as JSON, in the metadata of the ONNX file.
METADATA_KEY = "restorekit"
#: Names of the graph's input and output.
INPUT, OUTPUT = "lq", "restored"


@dataclass(frozen=True)
class ExportFacts:
    """The facts in the metadata of an exported file.

    Attributes:
        network: The network's config.
        size_requirements: The image sizes that the graph takes; the caller pads.
        tile: The only height and width that the graph takes, or None.
        batch: The only number of images that the graph takes at a time, or None.
        dtype: Type of the weights, ``float32`` or ``float16``; images are always float32.
        opset: Version of ONNX's operators.
        receptive_field: How far an output pixel looks, as plain data, or None if not probed.
        bytes_a_pixel: Memory that PyTorch takes for a pixel, or None if not measured.
        weights_sha256: SHA-256 of the network file that was exported, or None.
        about: The other facts of the network file: training data, licence, results.
    """

    network: dict[str, Any]
    size_requirements: SizeRequirements
    tile: int | None
    batch: int | None
    dtype: str
    opset: int
    receptive_field: dict[str, Any] | None = None
    bytes_a_pixel: float | None = None
    weights_sha256: str | None = None
    about: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        """Return the facts as the metadata has them."""
        return json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True)


def read_facts(path: Path) -> ExportFacts:
    """Read the facts of an exported file.

    Raises:
        CheckpointError: If the file cannot be read, or `restorekit export` did not write it.
        MissingDependencyError: If the package ``onnx`` is not installed.
    """
    onnx = optional_package("onnx", "onnx", "Reading an exported network")
    try:
        model = onnx.load(str(path), load_external_data=False)
    except OSError as error:
        raise CheckpointError(f"There is no network file {path}.") from error
    except Exception as error:  # protobuf has no public base class of its errors
        raise CheckpointError(f"{path} is not a whole ONNX file: copy it again.") from error
    return facts_from({entry.key: entry.value for entry in model.metadata_props}, path)


def facts_from(metadata: dict[str, str], path: Path) -> ExportFacts:
    """Return the facts in an ONNX file's metadata; see :func:`read_facts`."""
    try:
        content = json.loads(metadata[METADATA_KEY])
        if content.pop("format") != FORMAT:
            raise ValueError("of another format")
        content["size_requirements"] = SizeRequirements(**content["size_requirements"])
        return ExportFacts(**content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"{path} does not say which image sizes it takes (no {METADATA_KEY!r} of the format "
            f"{FORMAT} in its metadata): write it with `restorekit export`."
        ) from error
