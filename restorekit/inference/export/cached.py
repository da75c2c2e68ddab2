"""Exported files of network files, written once and kept in the cache."""

from __future__ import annotations

from pathlib import Path

import torch

from restorekit.io.files import cache_folder, sha256
from restorekit.version import __version__

from .exporter import DEFAULT_OPSET, export_file


def exported_file(path: Path, dtype: str = "float32", tile: int | None = None) -> Path:
    """Return ``path`` itself if it ends in ``.onnx``, or the file that it is exported to.

    That is in ``$XDG_CACHE_HOME/restorekit/onnx``, under a name that states the weights' SHA-256
    and the versions that wrote it.

    Raises:
        RestoreKitError: See :func:`~restorekit.inference.export.export_file`.
    """
    if path.suffix == ".onnx":
        return path
    options = f"{dtype}-{tile or 'any'}-{DEFAULT_OPSET}-{__version__}-{torch.__version__}"
    target = cache_folder() / "onnx" / f"{sha256(path)[:32]}-{options}.onnx"
    if not target.is_file():
        export_file(path, target, dtype=dtype, tile=tile)
    return target
