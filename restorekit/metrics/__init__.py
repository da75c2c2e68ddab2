"""Metrics: pure functions in ``functional``, measures, and protocols under which they are taken.

The mmengine metric is imported when it is asked for, as mmengine and PyTorch take seconds to
import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .measures import CallableMeasure, Measure, build_measure
from .protocols import (
    PROTOCOLS,
    Protocol,
    build_protocol,
    get_protocol,
    measure_all,
    register_protocol,
)

if TYPE_CHECKING:
    from .evaluator import RestorationMetric

__all__ = [
    "PROTOCOLS",
    "CallableMeasure",
    "Measure",
    "Protocol",
    "RestorationMetric",
    "build_measure",
    "build_protocol",
    "get_protocol",
    "measure_all",
    "register_protocol",
]


def __getattr__(name: str) -> Any:
    if name == "RestorationMetric":
        from .evaluator import RestorationMetric

        return RestorationMetric
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
