"""Versions and machine that results were obtained with, and nothing about the person."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import cv2
import mmengine
import numpy as np
import torch

from restorekit.version import __version__


def collect_environment() -> dict[str, Any]:
    """Return the versions that can change a number, and the machine that can change a time.

    ``git_commit`` is included if restorekit runs from a checkout, followed by ``-dirty`` if
    files were changed, whose changes ``git_diff`` identifies; ``gpu`` is included if PyTorch can
    use one. Host names, user names and paths are not.
    """
    environment: dict[str, Any] = {
        "restorekit": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "mmengine": mmengine.__version__,
        "mmcv": _mmcv_version(),
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
        # Which instructions PyTorch uses, and so in which order it sums.
        "cpu": torch.backends.cpu.get_cpu_capability(),
    }
    root = Path(__file__).resolve().parents[2]
    commit = git_commit(root)
    if commit is not None:
        environment["git_commit"] = commit
        if commit.endswith("-dirty"):
            environment["git_diff"] = git_diff(root)
    if torch.cuda.is_available():
        environment["gpu"] = torch.cuda.get_device_name()
    return environment


def git_commit(root: Path) -> str | None:
    """Return the commit checked out in ``root``, or None if no repository starts there.

    A package installed inside another project's repository has no commit.
    """
    top = _ask_git(root, "rev-parse", "--show-toplevel")
    if not top or Path(os.fsdecode(top.strip())).resolve() != root.resolve():
        return None
    answer = _ask_git(root, "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    return None if answer is None else answer.decode().strip()


def git_diff(root: Path) -> str:
    """Return the SHA-256 of the changes to tracked files of ``root`` since its commit."""
    return hashlib.sha256(_ask_git(root, "diff", "HEAD", "--binary") or b"").hexdigest()


def _ask_git(root: Path, *arguments: str) -> bytes | None:
    """Return what git answers, or None if it fails or is not installed."""
    git = shutil.which("git")
    if git is None:
        return None
    answer = subprocess.run(  # noqa: S603  a fixed command, found on the path
        [git, "-C", str(root), *arguments], capture_output=True, check=False
    )
    return answer.stdout if answer.returncode == 0 else None


def _mmcv_version() -> str:
    """Return the version of mmcv, which is slow to import, under either of its names."""
    for name in ("mmcv-lite", "mmcv"):
        with contextlib.suppress(PackageNotFoundError):
            return version(name)
    return "unknown"
