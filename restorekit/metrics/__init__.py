"""Metrics: pure functions in ``functional``, protocols over them, and mmengine's metrics."""

from __future__ import annotations

from .fingerprint import dataset_fingerprint, image_digest
from .protocol_metric import ProtocolMetric
from .protocols import (
    PROTOCOLS,
    Protocol,
    build_protocol,
    get_protocol,
    measure_all,
    register_protocol,
)
from .summary import summarize

__all__ = [
    "PROTOCOLS",
    "Protocol",
    "ProtocolMetric",
    "build_protocol",
    "dataset_fingerprint",
    "get_protocol",
    "image_digest",
    "measure_all",
    "register_protocol",
    "summarize",
]
