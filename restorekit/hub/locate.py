"""From a name or a path to the file on this machine."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from restorekit.errors import CheckpointError
from restorekit.io.files import cache_folder, sha256

from .index import Published, find


def locate(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a published network, or the path that was given.

    A text with a folder or a suffix is taken for a path, and whether that exists is not checked.

    Args:
        name_or_path: ``derain-small``, or ``runs/best.pth``.

    Returns:
        A file; that of a published network has the size and the hash that the index states.

    Raises:
        UnknownNameError: If a name is not published.
        CheckpointError: If the file of a published network is missing, cut off or changed.
        DataError: If an index cannot be used.
    """
    path = Path(name_or_path)
    if path.suffix or path.name != os.fspath(name_or_path) or path.is_file():
        return path
    model = find(str(name_or_path))
    file = path_of(model)
    if not file.is_file():
        raise CheckpointError(_missing(model, file))
    require_intact(file, model)
    return file


def path_of(model: Published) -> Path:
    """Return where the file of a published network is, or would be once fetched."""
    if model.file:
        return Path(model.index).parent / model.file
    suffix = ".pth" if model.url.endswith(".pth") else ".safetensors"
    # The hash in the name keeps versions apart.
    return cache_folder() / "hub" / f"{model.name}-{model.sha256[:12]}{suffix}"


def require_intact(file: Path, model: Published) -> None:
    """Refuse a file that is not the one in the index.

    Raises:
        CheckpointError: If its size or its hash differs.
    """
    found = file.stat()
    remedy = (
        f"`restorekit hub fetch {model.name} --again`" if model.url else "install restorekit again"
    )
    if found.st_size != model.size:
        raise CheckpointError(
            f"{file} has {found.st_size} bytes, and {model.name} has {model.size}: it was cut off "
            f"or replaced; {remedy}."
        )
    digest = _sha256(str(file), found.st_mtime_ns, found.st_size)
    if digest != model.sha256:
        raise CheckpointError(
            f"{file} is not the published {model.name}: its SHA-256 begins with {digest[:12]}, "
            f"and the index says {model.sha256[:12]}; {remedy}."
        )


def _missing(model: Published, file: Path) -> str:
    if model.file:
        return f"{file}, the file of {model.name}, is missing: install restorekit again."
    return (
        f"{model.name} is not on this machine: `restorekit hub fetch {model.name}` gets its "
        f"{model.size / 1e6:.1f} MB from {model.url}."
    )


@lru_cache
def _sha256(path: str, modified: int, size: int) -> str:
    """Return the hash of a file; it is computed again only if time or size have changed."""
    return sha256(path)
