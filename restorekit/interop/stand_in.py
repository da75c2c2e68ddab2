"""A stand-in for torchvision, for packages that import it and hardly need it.

On many machines torchvision is missing, or belongs to another PyTorch and cannot be imported.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NoReturn

from restorekit.errors import MissingDependencyError

#: The modules that basicsr 1.4.2 and spandrel 0.4 import, parents first.
_MODULES = (
    "torchvision",
    "torchvision.models",
    "torchvision.transforms",
    "torchvision.transforms.functional",
    "torchvision.transforms.functional_tensor",
    "torchvision.utils",
)


def belongs_to(name: str | None, package: str) -> bool:
    """Return whether a module is a package or inside of it."""
    return name is not None and (name == package or name.startswith(f"{package}."))


@contextlib.contextmanager
def importable_torchvision(package: str) -> Iterator[None]:
    """Let ``torchvision`` be imported inside the block: the real one, or a stand-in.

    The stand-in is removed at the end of the block. So is ``functional_tensor``, which basicsr
    imports and torchvision 0.17 removed, if it had to be added to a real torchvision.

    Args:
        package: The package that is imported in the block, for messages.
    """
    before = {name for name in sys.modules if belongs_to(name, "torchvision")}
    try:
        functional = importlib.import_module("torchvision.transforms.functional")
    except Exception:
        # Absent, or built for another PyTorch, in which case half of it has been imported.
        for name in [n for n in sys.modules if belongs_to(n, "torchvision") and n not in before]:
            del sys.modules[name]
        stand_ins: dict[str, ModuleType] = {name: _StandIn(name, package) for name in _MODULES}
    else:
        stand_ins = {}
        if importlib.util.find_spec("torchvision.transforms.functional_tensor") is None:
            stand_ins["torchvision.transforms.functional_tensor"] = functional
    replaced = {name: sys.modules[name] for name in stand_ins if name in sys.modules}
    sys.modules.update(stand_ins)
    try:
        yield
    finally:
        for name in stand_ins:
            del sys.modules[name]
        sys.modules.update(replaced)


class _StandIn(ModuleType):
    """A module of a missing torchvision; its attributes exist, and fail when they are used."""

    def __init__(self, name: str, package: str) -> None:
        super().__init__(name)
        self.__path__: list[str] = []
        self._package = package

    def __getattr__(self, name: str) -> Any:
        if name == "__version__":
            return "0.9.0"  # from here on basicsr takes deformable convolution from torchvision
        if name.startswith("__"):
            raise AttributeError(name)
        return _Absent(f"{self.__name__}.{name}", self._package)


class _Absent:
    def __init__(self, name: str, package: str) -> None:
        self._name, self._package = name, package

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self()

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise MissingDependencyError(
            f"This part of {self._package} uses {self._name}, and no working torchvision is "
            "installed; install the one that belongs to your PyTorch."
        )
