"""Versions and machine that results were obtained with, and nothing about the person."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
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
    files were changed, and ``gpu`` if PyTorch can use one. Host names, user names and paths
    are not.
    """
    environment: dict[str, Any] = {
        "restorekit": __version__,
        "python": platform.python_version(),
        "torch": str(torch.__version__),
        "mmengine": mmengine.__version__,
        "numpy": np.__version__,
        "opencv": cv2.__version__,
        "platform": platform.platform(),
        "cpu_count": os.cpu_count(),
    }
    commit = git_commit(Path(__file__).resolve().parents[2])
    if commit is not None:
        environment["git_commit"] = commit
    if torch.cuda.is_available():
        environment["gpu"] = torch.cuda.get_device_name()
    return environment


def git_commit(root: Path) -> str | None:
    """Return the commit checked out in ``root``, or None if no repository starts there.

    A package installed inside another project's repository has no commit.
    """
    git = shutil.which("git")
    if git is None:
        return None

    def ask(*arguments: str) -> str | None:
        answer = subprocess.run(  # noqa: S603  a fixed command, found on the path
            [git, "-C", str(root), *arguments], capture_output=True, text=True, check=False
        )
        return answer.stdout.strip() if answer.returncode == 0 else None

    top = ask("rev-parse", "--show-toplevel")
    if not top or Path(top).resolve() != root.resolve():
        return None
    return ask("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
