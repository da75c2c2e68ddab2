"""Training state as plain data, so that ``weights_only=True`` can read it back.

mmengine keeps the history of the logged values in objects of its own and in NumPy
arrays. Neither is plain data, and allowing them when a file is loaded would widen what a
stranger's file may do. They are turned into tensors when a checkpoint is written and
back when it is read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

_HISTORY = "history_buffer"


def to_plain(value: Any) -> Any:
    """Return ``value`` with only tensors, dicts, lists, tuples, strings and numbers in it.

    Raises:
        TypeError: If something else is in it, naming its type.
    """
    if value is None or isinstance(value, (bool, int, float, str, bytes, torch.Tensor)):
        # Subclasses (NumPy's float64 is a float) would be pickled as what they are.
        return _exact(value)
    if isinstance(value, HistoryBuffer):
        log, count = (torch.as_tensor(np.asarray(part, dtype=np.float64)) for part in value.data)
        return {_HISTORY: [log, count, int(value.max_length)]}
    if isinstance(value, np.ndarray):
        return torch.as_tensor(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {to_plain(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        items = [to_plain(item) for item in value]
        return items if isinstance(value, list) else tuple(items)
    if isinstance(value, (set, frozenset)):
        return sorted(to_plain(item) for item in value)
    raise TypeError(f"a checkpoint holds plain data and tensors only, not {type(value).__name__}")


def from_plain(value: Any) -> Any:
    """Undo :func:`to_plain` for the histories; everything else stays plain."""
    if isinstance(value, dict):
        if value.keys() == {_HISTORY}:
            log, count, max_length = value[_HISTORY]
            return HistoryBuffer(log.numpy(), count.numpy(), max_length)
        return {key: from_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [from_plain(item) for item in value]
    return value


def _exact(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str, bytes)):
        kind: Any = next(k for k in (bool, int, float, str, bytes) if isinstance(value, k))
        return kind(value)
    if isinstance(value, torch.nn.Parameter):
        return value.detach()
    return value
