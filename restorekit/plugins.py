"""Networks, losses, datasets and the rest from outside this package.

Three ways lead in, all of them before a config is built:

* an installed package names a module in the entry-point group ``restorekit.plugins``;
* a config lists modules in mmengine's ``custom_imports``;
* the command line names a file with ``--plugin FILE``.

Each of these only has to be imported: its classes register themselves.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import sys
from importlib.metadata import entry_points
from pathlib import Path

from .errors import ConfigError

ENTRY_POINT_GROUP = "restorekit.plugins"
_logger = logging.getLogger(__name__)
_tried: set[str] = set()
_PREFIX = "restorekit_plugin_"


def load_installed_plugins() -> None:
    """Import every installed plugin once; a broken one is named and left out.

    A plugin that fails to import must not take the toolbox down for configs that do not
    use it, so its error is logged, not raised.
    """
    for point in entry_points(group=ENTRY_POINT_GROUP):
        if point.value in _tried:
            continue
        _tried.add(point.value)
        try:
            point.load()
        except Exception as error:
            _logger.warning(
                "The installed plugin %r (%s) could not be imported and is left out: %s: %s",
                point.name,
                point.value,
                type(error).__name__,
                error,
            )


def loaded_plugin_files() -> list[str]:
    """Return the files that :func:`load_plugin_file` has imported, for worker processes."""
    modules = {name: module for name, module in sys.modules.items() if name.startswith(_PREFIX)}
    return [str(module.__file__) for module in modules.values()]


def load_plugin_file(path: str | Path) -> None:
    """Import a Python file that registers plugins; a second call for it does nothing.

    Raises:
        ConfigError: If there is no such file or importing it fails.
    """
    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise ConfigError(f"--plugin {path}: there is no such file; give a path to a .py file.")
    # The folder is part of the name, so that two files called model.py do not collide.
    name = f"{_PREFIX}{file.stem}_{hashlib.sha256(str(file).encode()).hexdigest()[:8]}"
    if name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ConfigError(f"--plugin {path}: not a Python file; its name must end in .py.")
    module = importlib.util.module_from_spec(spec)
    # Registered before it runs so that worker processes and pickles find its classes.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ConfigError(
            f"--plugin {path}: importing it failed with {type(error).__name__}: {error}"
        ) from error
