"""BasicSR's networks by name, without running BasicSR's ``__init__``.

``import basicsr`` (version 1.4.2) imports every module of the package. Some of them fail with
any current torchvision, and torchvision itself is missing or broken on many CPU machines. The
networks need none of that: here only the submodules that they need are imported, and a stand-in
replaces a torchvision that cannot be imported for as long as the import takes.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
from types import ModuleType
from typing import Any

import torch
from torch import nn

from restorekit.checkpoints.io import load_file
from restorekit.errors import (
    ConfigError,
    MissingDependencyError,
    RestoreKitError,
    UnknownNameError,
    did_you_mean,
)
from restorekit.registry import MODELS

from .stand_in import belongs_to, importable_torchvision

_INSTALL = "pip install --no-deps --no-build-isolation basicsr==1.4.2"


@MODELS.register_module(name="BasicSRArch")
def basicsr_arch(
    name: str, *, min_size: int = 1, size_multiple: int = 1, **parameters: Any
) -> nn.Module:
    """Build a network of BasicSR's ``ARCH_REGISTRY``.

    The network is BasicSR's own object, so its state dict has BasicSR's keys and BasicSR's
    checkpoints load. Choose one that can keep the size of its input: for example ``RIDNet``;
    ``EDSR``, ``RCAN`` or ``SRVGGNetCompact`` with ``upscale=1``; ``SwinIR`` with ``upscale=1``
    and its ``window_size`` as ``size_multiple``; or ``RRDBNet`` with ``scale=1`` and
    ``size_multiple=4``. ``MSRResNet`` always enlarges.

    Args:
        name: The network's class in BasicSR, with or without the suffix ``_basicsr`` that
            its registry adds to some.
        min_size: Smallest height and width that the network takes.
        size_multiple: Number that height and width must be multiples of.
        **parameters: Parameters of the network; the others have BasicSR's defaults.

    Returns:
        The network, with ``min_size`` and ``size_multiple`` as attributes.

    Raises:
        MissingDependencyError: If basicsr or a package that the network needs is not installed.
        UnknownNameError: If BasicSR has no such network.
        ConfigError: If the network cannot be built with these parameters.

    Example:
        >>> from restorekit.registry import MODELS
        >>> cfg = dict(type='BasicSRArch', name='SRVGGNetCompact', num_feat=16, upscale=1)
        >>> network = MODELS.build(cfg)  # doctest: +SKIP
    """
    arch = _find_arch(name)
    signature = inspect.signature(arch)
    try:
        signature.bind(**parameters)
        network: nn.Module = arch(**parameters)
    except RestoreKitError:
        raise
    except Exception as error:
        unknown = sorted(set(parameters) - set(signature.parameters))
        hint = did_you_mean(unknown[0], signature.parameters) if unknown else ""
        raise ConfigError(
            f"basicsr's {name} cannot be built with {parameters}: {type(error).__name__}: "
            f"{error}.{hint} Its parameters are {name}{signature}."
        ) from error
    vars(network).update(min_size=min_size, size_multiple=size_multiple)
    return network


def import_basicsr(submodule: str) -> ModuleType:
    """Import ``basicsr.<submodule>`` without running ``basicsr/__init__.py``.

    Afterwards ``sys.modules`` holds the modules of basicsr and of its real dependencies; its
    entries for torchvision are as before.

    Args:
        submodule: Dotted name below ``basicsr``, for example ``'metrics'``.

    Raises:
        MissingDependencyError: If basicsr or a package that it needs is not installed.
    """
    known = sys.modules.get(f"basicsr.{submodule}")
    if known is not None:
        return known
    before = {name for name in sys.modules if belongs_to(name, "basicsr")}
    _enter_package()
    try:
        with importable_torchvision("basicsr"):
            module = importlib.import_module(f"basicsr.{submodule}")
    except BaseException as error:
        # A half-imported package would fail differently, and less clearly, the next time.
        for name in [n for n in sys.modules if belongs_to(n, "basicsr") and n not in before]:
            del sys.modules[name]
        if isinstance(error, ModuleNotFoundError) and not belongs_to(error.name, "basicsr"):
            # Python 3.12 removed distutils; setuptools provides it up to version 80.
            remedy = "setuptools<81" if error.name == "distutils" else error.name
            raise MissingDependencyError(
                f"basicsr.{submodule} needs {error.name!r}, which is not installed; "
                f"`pip install '{remedy}'` installs it."
            ) from error
        raise
    _read_files_safely()
    return module


def _read_files_safely() -> None:
    """Give basicsr's modules a ``torch`` whose ``load`` is restorekit's.

    Some of its networks read weights from a path among their parameters, and ``torch.load``
    runs code from a file before PyTorch 2.6.
    """
    for name, module in list(sys.modules.items()):
        if belongs_to(name, "basicsr") and vars(module).get("torch") is torch:
            vars(module)["torch"] = _Torch("torch")


class _Torch(ModuleType):
    def __getattr__(self, name: str) -> Any:
        return getattr(torch, name)

    @staticmethod
    def load(path: str | os.PathLike[str], *_: object, **__: object) -> Any:
        """Read a local file with :func:`restorekit.checkpoints.load_file`."""
        return load_file(path)


def _find_arch(name: str) -> Any:
    import_basicsr("archs")
    registry = import_basicsr("utils.registry").ARCH_REGISTRY
    archs = dict(iter(registry))  # it has keys() but no []
    for key in (name, f"{name}_basicsr"):
        if key in archs:
            return archs[key]
    raise UnknownNameError(
        f"BasicSRArch: basicsr has no network {name!r}.{did_you_mean(name, archs)} "
        f"It has {', '.join(sorted(archs))}."
    )


def _enter_package() -> None:
    """Put basicsr into ``sys.modules`` as a package whose ``__init__`` has not run."""
    if sys.modules.get("basicsr") is not None:
        return
    try:
        spec = importlib.util.find_spec("basicsr")
    except ImportError:  # an import hook may raise it instead of finding nothing
        spec = None
    if spec is None:
        raise MissingDependencyError(
            f"BasicSR's networks need the package basicsr, which is not installed; `{_INSTALL}` "
            "installs it without replacing PyTorch (up to Python 3.12)."
        )
    sys.modules["basicsr"] = importlib.util.module_from_spec(spec)
