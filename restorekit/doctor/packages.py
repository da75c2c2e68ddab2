"""Whether the installed packages fit together."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution, requires, version

from packaging.requirements import Requirement

from restorekit.errors import first_line

from .finding import Finding

#: Optional packages: what needs them, and how to get them.
_OPTIONAL = {
    "av": ("videos", "pip install 'restorekit[video]'"),
    "gradio": ("restorekit serve", "pip install 'restorekit[web]'"),
    "onnxruntime": ("export --check and --backend onnxruntime", "pip install 'restorekit[onnx]'"),
    "openvino": ("--backend openvino", "pip install 'restorekit[openvino]'"),
    "torchmetrics": ("the measures VIF, LPIPS and DISTS", "pip install 'restorekit[measures]'"),
    "tensorboard": ("TensorBoard logs", "pip install 'restorekit[logging]'"),
    "basicsr": ("BasicSR's networks", "see docs/bridges.md"),
    "spandrel": ("other methods' checkpoints", "pip install --no-deps spandrel einops"),
}


def check_packages() -> Iterator[Finding]:
    """Compare versions with what restorekit asks for, and look for optional packages."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding("Python", "ok", python)
    for text in requires("restorekit") or []:
        wanted = Requirement(text)
        if wanted.marker is not None and not wanted.marker.evaluate({"extra": ""}):
            continue
        yield _required(wanted)
    for name, (purpose, how) in _OPTIONAL.items():
        if importlib.util.find_spec(name) is None:
            yield Finding(name, "note", f"not installed; {purpose} need it", how)
        else:
            yield Finding(name, "ok", f"{_version(name)}, for {purpose}")


def _required(wanted: Requirement) -> Finding:
    install = f"pip install '{wanted.name}{wanted.specifier}'"
    try:
        found = version(wanted.name)
    except PackageNotFoundError:
        return Finding(wanted.name, "problem", "not installed", install)
    if not wanted.specifier.contains(found, prereleases=True):
        about = f"{found}, and restorekit needs {wanted.specifier}"
        return Finding(wanted.name, "problem", about, install)
    return Finding(wanted.name, "ok", found)


def check_traps() -> Iterator[Finding]:
    """Look for combinations that are known to break."""
    if _installed("mmcv") and _installed("mmcv-lite"):
        yield Finding(
            "mmcv",
            "problem",
            "mmcv and mmcv-lite are both installed and overwrite each other's files",
            "pip uninstall mmcv mmcv-lite, then pip install mmcv-lite",
        )
    opencvs = [n for n in ("opencv-python", "opencv-python-headless") if _installed(n)]
    if len(opencvs) > 1:
        yield Finding(
            "OpenCV",
            "problem",
            f"{' and '.join(opencvs)} overwrite each other's files",
            "pip uninstall opencv-python-headless opencv-python, then pip install opencv-python",
        )
    if _installed("torchvision"):
        try:
            import_module("torchvision")
        except Exception as error:
            yield Finding(
                "torchvision",
                "problem",
                f"cannot be imported beside this PyTorch: {first_line(error)}",
                "install the release that belongs to it, or pip uninstall torchvision: restorekit "
                "does not need it",
            )
    if importlib.util.find_spec("pkg_resources") is None:
        yield Finding(
            "setuptools",
            "note",
            "81 or newer has no pkg_resources, which mmengine needs for pkg::config",
            "pip install 'setuptools<81'",
        )


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "an unknown version"
