"""Packaging; the settings of the tools are in pyproject.toml.

Reads files by path only: an isolated build has neither torch nor this package's imports.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

ROOT = Path(__file__).resolve().parent
EXTRAS = ("demo", "logging", "measures", "onnx", "openvino", "video", "web", "tests", "dev", "docs")


class BuildWithConfigs(build_py):
    """Puts configs and studies into the package, where mmengine and OpenMIM look for configs."""

    def run(self) -> None:
        """Build, and copy them; an editable installation uses those of the clone."""
        super().run()
        if getattr(self, "editable_mode", False):
            return
        for folder in ("configs", "studies"):
            target = Path(self.build_lib) / "restorekit" / ".mim" / folder
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(
                ROOT / folder,
                target,
                ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "*.safetensors"),
            )


def read(path: str) -> str:
    """Return the text of a file of the repository."""
    return (ROOT / path).read_text(encoding="utf-8")


def version() -> str:
    """Return the version number that restorekit/version.py states."""
    found = re.search(r'^__version__ = "([^"]+)"$', read("restorekit/version.py"), re.MULTILINE)
    if found is None:
        raise RuntimeError('restorekit/version.py has no line __version__ = "…"')
    return found.group(1)


def requirements(name: str) -> list[str]:
    """Return what requirements/<name>.txt lists, without its comments."""
    lines = (
        line.partition("#")[0].strip() for line in read(f"requirements/{name}.txt").split("\n")
    )
    return [line for line in lines if line]


extras = {name: requirements(name) for name in EXTRAS}

setup(
    name="restorekit",
    version=version(),
    description="A toolbox for image restoration, deraining first",
    long_description=read("README.md"),
    long_description_content_type="text/markdown",
    author="The restorekit contributors",
    license="Apache-2.0",
    license_files=["LICENSE", "NOTICE"],
    keywords=["image restoration", "deraining", "deep learning", "PyTorch", "OpenMMLab", "DCSFN"],
    classifiers=[
        "Development Status :: 3 - Alpha",
        "Intended Audience :: Developers",
        "Intended Audience :: Science/Research",
        "Operating System :: OS Independent",
        "Programming Language :: Python :: 3",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.10",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Scientific/Engineering :: Image Processing",
        "Typing :: Typed",
    ],
    python_requires=">=3.10",
    packages=find_packages(include=["restorekit", "restorekit.*"]),
    package_data={
        "restorekit": ["py.typed"],
        "restorekit.catalog": ["data/*.yml", "data/*/*.yml"],
        "restorekit.hub": ["index.yml", "weights/*.safetensors"],
        "restorekit.metrics.functional": ["niqe_parameters.npz"],
        "restorekit.leaderboard.render": ["assets/*"],
        "restorekit.scaffold": ["templates/*.jinja"],
    },
    install_requires=requirements("runtime"),
    extras_require={
        **extras,
        "spandrel": requirements("spandrel"),
        "all": sorted({line for lines in extras.values() for line in lines}),
        # Not among all: large, and only there to read some authors' checkpoints.
        "tensorflow": requirements("tensorflow"),
        # Not among all: built with a C++ compiler.
        "brisque": requirements("brisque"),
    },
    cmdclass={"build_py": BuildWithConfigs},
    entry_points={"console_scripts": ["restorekit=restorekit.cli:main"]},
)
