"""Metrics: pure functions in ``functional``, protocols over them, and mmengine's metrics.

The metrics for mmengine are imported when they are asked for: mmengine and PyTorch take
seconds to import, and nothing else here needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .protocols import (
    PROTOCOLS,
    Protocol,
    build_protocol,
    get_protocol,
    measure_all,
    register_protocol,
)
from .summary import summarize

if TYPE_CHECKING:
    from .niqe_metric import NIQEMetric
    from .protocol_metric import ProtocolMetric

__all__ = [
    "PROTOCOLS",
    "NIQEMetric",
    "Protocol",
    "ProtocolMetric",
    "build_protocol",
    "get_protocol",
    "measure_all",
    "register_protocol",
    "summarize",
]

_FOR_MMENGINE = {"NIQEMetric": "niqe_metric", "ProtocolMetric": "protocol_metric"}


def __getattr__(name: str) -> Any:
    if name in _FOR_MMENGINE:
        return getattr(import_module(f".{_FOR_MMENGINE[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
