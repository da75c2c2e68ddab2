"""Reading and writing checkpoint files: data only in, whole files out."""

from __future__ import annotations

import os
import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import torch

from restorekit.errors import CheckpointError, did_you_mean
from restorekit.io.files import atomic_path


def load_file(path: str | os.PathLike[str]) -> Any:
    """Load what ``torch.save`` wrote, onto the CPU, without running anything from the file.

    Only tensors and plain Python data are read (``weights_only=True``).

    Args:
        path: A local file; nothing is ever downloaded.

    Raises:
        CheckpointError: If there is no such file, it is cut off or no checkpoint, or it
            holds pickled objects whose loading would run code.
    """
    file = require_file(path)
    try:
        with warnings.catch_warnings():
            # On unusual pickle protocols; what cannot be read raises.
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise CheckpointError(_refusal(file, error)) from error
    except Exception as error:
        # Arbitrary bytes make the unpickler fail in arbitrary ways.
        raise CheckpointError(
            f"{file} is not a whole PyTorch checkpoint ({_first_line(error)}): it may be cut off "
            "or of another format; copy or download it again."
        ) from error


def save_file(content: Any, path: str | os.PathLike[str]) -> None:
    """``torch.save`` to ``path`` so that a kill leaves the old file or the new one, whole."""
    with atomic_path(path) as temporary:
        torch.save(content, temporary)


def require_file(path: str | os.PathLike[str]) -> Path:
    """Return ``path`` as a :class:`~pathlib.Path` to an existing local file.

    Raises:
        CheckpointError: If it is an address on the network, missing, or a folder.
    """
    text = os.fspath(path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        raise CheckpointError(
            f"{text} is an address, and checkpoints are read from local files only: download it "
            "first and give the path."
        )
    file = Path(text).expanduser()
    if file.is_file():
        return file
    if file.is_dir():
        raise CheckpointError(f"{file} is a folder; give the path of a checkpoint file in it.")
    siblings = [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else []
    raise CheckpointError(
        f"There is no checkpoint {file}.{did_you_mean(file.name, siblings)}"
        + ("" if file.parent.is_dir() else f" There is no folder {file.parent} either.")
    )


def _refusal(file: Path, error: pickle.UnpicklingError) -> str:
    found = re.search(r"GLOBAL ([\w.]+)", str(error))
    what = f"the Python object {found.group(1)!r}" if found else "pickled Python objects"
    return (
        f"{file} is refused: it holds {what}, and loading that could run code; nothing was "
        "executed. Ask for a file that holds only tensors (a state dict), or for safetensors."
    )


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:160] if lines else type(error).__name__
