"""Write a package with one part or study, its test, its config and its README."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from restorekit.errors import ConfigError, OutputError
from restorekit.io.files import require_writable, write_text

from .render import render


@dataclass(frozen=True)
class Kind:
    """A kind of part that a package can start with.

    Attributes:
        about: What it is.
        registered: Its kind in :data:`restorekit.checking.KINDS`; empty if it is not registered.
        has_config: Whether a config shows how to train with it.
        lower_case: Whether its registered name is in lower case.
        files: Template to file, with ``{package}`` for the package's name. They replace the test
            and the README that other kinds get.
    """

    about: str
    registered: str = ""
    has_config: bool = True
    lower_case: bool = False
    files: Mapping[str, str] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "network": Kind("a network: images in, restored images out", "model"),
        "block": Kind("a block, in a network that takes any", "model"),
        "loss": Kind("a loss", "model"),
        "measure": Kind("a measure of quality", "measure", has_config=False, lower_case=True),
        "dataset": Kind("a dataset", "dataset"),
        "hook": Kind("a hook of the training", "hook"),
        "converter": Kind(
            "a converter of authors' checkpoints", "converter", has_config=False, lower_case=True
        ),
        "study": Kind(
            "a study: runs, and the tables and figures made from them",
            has_config=False,
            lower_case=True,
            files={
                "study.yml.jinja": "{package}/{package}.yml",
                "study_config.py.jinja": "{package}/tiny.py",
                "study_test.py.jinja": "tests/test_{package}.py",
                "study_README.md.jinja": "README.md",
            },
        ),
    }
)


def write_package(kind: str, name: str, parent: Path) -> Path:
    """Write a package into a new folder.

    Args:
        kind: A key of :data:`KINDS`.
        name: Name of the part, such as ``RainGate``; for measures, converters and studies
            ``rain_rate``.
        parent: Where the folder is made; it has the package's name.

    Returns:
        The folder.

    Raises:
        ConfigError: If the name cannot be made a Python name.
        OutputError: If the folder exists or cannot be written.
    """
    described = KINDS[kind]
    package = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
    if not package.isidentifier() or keyword.iskeyword(package):
        raise ConfigError(
            f"{name!r} cannot name a part: use letters, digits and _, beginning with a letter, as "
            f"{'rain_rate' if described.lower_case else 'RainGate'}."
        )
    words = [word for word in re.split(r"[_\-]|(?<=[a-z0-9])(?=[A-Z])", name) if word]
    class_name = "".join(word[0].upper() + word[1:] for word in words)
    folder = parent / package
    if folder.exists():
        raise OutputError(f"{folder} exists already: choose another name or another --dir.")
    require_writable(folder, "--dir", folder=True)
    values = {
        "kind": kind,
        "about": described.about,
        "registered_as": described.registered,
        "has_config": described.has_config,
        "package": package,
        "class_name": class_name,
        "name": package if described.lower_case else class_name,
    }
    targets = {
        f"{kind}.py.jinja": f"{package}/__init__.py",
        "pyproject.toml.jinja": "pyproject.toml",
    }
    if described.has_config:
        targets["config.py.jinja"] = "config.py"
    if described.files:
        targets |= {
            template: file.format(package=package) for template, file in described.files.items()
        }
    else:
        targets["test.py.jinja"] = f"tests/test_{package}.py"
        targets["README.md.jinja"] = "README.md"
    for template, target in targets.items():
        write_text(folder / target, render(template, values))
    return folder
