"""Read and write checkpoint files: data only in, whole files out."""

from __future__ import annotations

import os
import pickle
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

import torch

from restorekit.errors import CheckpointError, OutputError, did_you_mean, one_line
from restorekit.io.files import atomic_path

_AGAIN = "copy or download it again"
#: What files that are no checkpoints begin with, and what to say of them.
_FOREIGN = {
    b"version https://git-lfs": "is a Git LFS pointer, not the file itself: run `git lfs pull` "
    "where it was cloned, or download the file from its page",
    b"<!doctype": "is a web page, not a checkpoint: open its address in a browser and download "
    "the file that the page offers",
    b"<html": "is a web page, not a checkpoint: open its address in a browser and download "
    "the file that the page offers",
    b"<?xml": "is an XML text, often a server's error message, not a checkpoint: download it again",
    b"\x89hdf": "is an HDF5 file (Keras, MATLAB 7.3), not a PyTorch checkpoint",
    b"matlab": "is a MATLAB file, not a PyTorch checkpoint: only `restorekit convert ddn` reads "
    "one, under the suffix .mat",
    b"\x1f\x8b": "is compressed with gzip: unpack it first",
    b"bzh": "is compressed with bzip2: unpack it first",
    b"\xfd7zxz": "is compressed with xz: unpack it first",
    b"7z\xbc\xaf": "is a 7z archive: unpack it first",
    b"rar!": "is a RAR archive: unpack it first",
    b"\x89png": "is a PNG image, not a checkpoint",
    b"\xff\xd8\xff": "is a JPEG image, not a checkpoint",
    b"%pdf": "is a PDF document, not a checkpoint",
}
#: Bytes of a file that are looked at to tell what it is.
_HEAD = 512
#: How much more than a file's size its zip members may unpack to; PyTorch does not compress.
_MAX_UNPACKED = 2


def load_file(path: str | os.PathLike[str]) -> Any:
    """Load what ``torch.save`` wrote, onto the CPU, without running anything from the file.

    Only tensors and plain Python data are read (``weights_only=True``).

    Args:
        path: A local file; nothing is ever downloaded.

    Raises:
        CheckpointError: If the file is missing, unreadable, cut off or no checkpoint, or if
            it holds pickled objects whose loading would run code.

    Example:
        >>> save_file(dict(weight=torch.ones(2)), "weights.pth")
        >>> load_file("weights.pth")
        {'weight': tensor([1., 1.])}
    """
    file = require_file(path)
    head = read_head(file)
    if is_safetensors(head):
        raise CheckpointError(
            f"{file} is a safetensors file under another suffix: rename it to "
            f"{file.with_suffix('.safetensors').name}."
        )
    if head[:2] == b"PK":
        _check_archive(file)
    try:
        with warnings.catch_warnings():
            # On unusual pickle protocols; what cannot be read raises.
            warnings.simplefilter("ignore")
            return torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:
        # Arbitrary bytes make the unpickler fail in arbitrary ways.
        raise CheckpointError(_unreadable(file, head, error)) from error


def save_file(content: Any, path: str | os.PathLike[str]) -> None:
    """``torch.save`` to ``path`` so that a kill leaves the old file or the new one, whole.

    Raises:
        OutputError: If the file cannot be written.

    Example:
        >>> save_file(dict(weight=torch.ones(2)), "weights.pth")
        >>> load_file("weights.pth")["weight"]
        tensor([1., 1.])
    """
    with atomic_path(path) as temporary:
        try:
            torch.save(content, temporary)
        except RuntimeError as error:
            # Its writer says this instead of OSError.
            if "inline_container" not in str(error) and "StreamWriter" not in str(error):
                raise
            raise OutputError(
                f"{path} cannot be written in full: is there space left on the disk?"
            ) from error


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
    try:
        file = Path(text).expanduser()
        if file.is_file():
            return file
        if file.is_dir():
            raise CheckpointError(f"{file} is a folder{_checkpoints_in(file)}")
        siblings = [p.name for p in file.parent.iterdir()] if file.parent.is_dir() else []
    except (OSError, RuntimeError, ValueError) as error:
        # No permission to look, an unknown ~user, a null character.
        raise CheckpointError(f"{text} cannot be read: {reason(error)}.") from error
    if not file.exists():
        raise CheckpointError(
            f"There is no checkpoint {file}.{did_you_mean(file.name, siblings)}"
            + ("" if file.parent.is_dir() else f" There is no folder {file.parent} either.")
        )
    raise CheckpointError(f"{file} is not a regular file.")


def _checkpoints_in(folder: Path) -> str:
    """Return the rest of a sentence that names the newest checkpoints of a folder."""
    found = [file for file in folder.iterdir() if file.suffix in (".pth", ".safetensors")]
    found.sort(key=lambda file: file.stat().st_mtime, reverse=True)
    if not found:
        return " without checkpoints (.pth or .safetensors); give the path of a checkpoint file."
    more = f" and {len(found) - 3} more" if len(found) > 3 else ""
    return f"; give one of its checkpoints: {', '.join(map(str, found[:3]))}{more}."


def read_head(file: Path) -> bytes:
    """Return the first bytes of a file that may be a checkpoint.

    Raises:
        CheckpointError: If it cannot be opened, is empty, or is recognised as something
            that is never a checkpoint: a Git LFS pointer, a web page, an archive.
    """
    try:
        with file.open("rb") as opened:
            head = opened.read(_HEAD)
    except OSError as error:
        raise CheckpointError(f"{file} cannot be read: {reason(error)}.") from error
    if not head:
        raise CheckpointError(f"{file} is empty: {_AGAIN}.")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for signature, what in _FOREIGN.items():
        if start.startswith(signature):
            raise CheckpointError(f"{file} {what}.")
    if head[:2] == b"PK" and file.suffix == ".safetensors":
        raise CheckpointError(
            f"{file} is a PyTorch file under another suffix: rename it to "
            f"{file.with_suffix('.pth').name}."
        )
    return head


def is_safetensors(head: bytes) -> bool:
    """Return whether a file that begins with ``head`` can be a safetensors file."""
    return len(head) > 8 and head[8:9] == b"{" and int.from_bytes(head[:8], "little") < 10**8


def reason(error: BaseException) -> str:
    """Return why something failed, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return one_line(str(error))[:300] or type(error).__name__


def _check_archive(file: Path) -> None:
    """Refuse zip files that are not PyTorch's, and those that unpack to far more than they are."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return  # cut off; PyTorch's own reader says how
    if not any(member.filename.endswith(("data.pkl", "constants.pkl")) for member in members):
        raise CheckpointError(f"{file} is a zip archive and no checkpoint: unpack it first.")
    if sum(member.file_size for member in members) > _MAX_UNPACKED * file.stat().st_size + 2**20:
        raise CheckpointError(
            f"{file} is refused: it is compressed and would unpack to many times its size, which "
            "no checkpoint written by PyTorch does."
        )


def _unreadable(file: Path, head: bytes, error: Exception) -> str:
    if isinstance(error, pickle.UnpicklingError):
        found = re.search(r"GLOBAL ([\w.]+)", str(error))
        if found or "Unsupported class" in str(error):
            what = f"the Python object {found.group(1)!r}" if found else "pickled Python objects"
            return (
                f"{file} is refused: it holds {what}, and loading that could run code; nothing "
                "was executed. Ask for a file that holds only tensors (a state dict), or for "
                "safetensors."
            )
    if _is_text(head):
        start = head.split(b"\n", 1)[0][:40].decode("ascii")
        return f"{file} is a text file that begins with {start!r}, not a checkpoint: {_AGAIN}."
    why = re.search(r"Unpickl\w+Error: *(.+?) *(?:Check the documentation|$)", one_line(str(error)))
    detail = why.group(1).rstrip(".") if why else reason(error)
    return (
        f"{file} is not a whole PyTorch checkpoint ({detail}): it may be cut off or of another "
        f"format; {_AGAIN}."
    )


def _is_text(head: bytes) -> bool:
    return all(byte in b"\t\n\r" or 32 <= byte < 127 for byte in head)
