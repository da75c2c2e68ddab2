"""Read TensorFlow 1 checkpoints; only this module needs TensorFlow."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from restorekit.errors import CheckpointError, MissingDependencyError

#: What follows the common prefix in the names of a checkpoint's files.
_SUFFIX = re.compile(r"\.(index|meta|data-\d{5}-of-\d{5})$")
#: State of TensorFlow's optimizers, which is stored with the weights.
_OPTIMIZER = re.compile(r"(^|/)(Adam(_\d+)?|Momentum|RMSProp(_\d+)?|beta[12]_power(_\d+)?)$")


def read_tensorflow_checkpoint(prefix: str | os.PathLike[str]) -> dict[str, npt.NDArray[Any]]:
    """Read every variable of a TensorFlow checkpoint; the graph is neither needed nor run.

    Args:
        prefix: The common prefix of ``PREFIX.index`` and ``PREFIX.data-00000-of-00001``, or
            one of these files.

    Returns:
        The arrays by name, in TensorFlow's layout, including those of the optimizer.

    Raises:
        CheckpointError: If a file is missing or damaged.
        MissingDependencyError: If TensorFlow is not installed.
    """
    data = tensorflow_data_file(prefix)
    start = str(_prefix(prefix))
    try:
        from tensorflow.train import load_checkpoint
    except ImportError as error:
        raise MissingDependencyError(
            f"{prefix} is a TensorFlow checkpoint, and reading it needs TensorFlow, which is not "
            "installed: pip install 'restorekit[tensorflow]'."
        ) from error
    try:
        reader = load_checkpoint(start)
        names = sorted(reader.get_variable_to_shape_map())
        arrays = {name: np.asarray(reader.get_tensor(name)) for name in names}
    except Exception as error:
        # TensorFlow raises errors of many kinds for damaged files.
        raise CheckpointError(
            f"{data} is not a complete TensorFlow checkpoint ({error}): copy or download it again, "
            "with its .index file."
        ) from error
    # TensorFlow 2 adds an entry that describes its Python objects.
    return {name: array for name, array in arrays.items() if array.dtype.kind in "biuf"}


def tensorflow_data_file(prefix: str | os.PathLike[str]) -> Path:
    """Return the file that holds a checkpoint's weights.

    Args:
        prefix: As for :func:`read_tensorflow_checkpoint`.

    Raises:
        CheckpointError: If it or the index is missing, or there are several.
    """
    start = _prefix(prefix)
    files = sorted(start.parent.glob(f"{start.name}.data-*")) if start.parent.is_dir() else []
    if len(files) == 1 and Path(f"{start}.index").is_file():
        return files[0]
    raise CheckpointError(
        f"{prefix} is not a TensorFlow checkpoint: there must be both {start}.index and "
        f"{start}.data-00000-of-00001; give their common prefix."
    )


def to_torch(arrays: Mapping[str, npt.NDArray[Any]]) -> dict[str, torch.Tensor]:
    """Return a network's variables as tensors in PyTorch's layout, without the optimizer's.

    Convolution kernels go from (H, W, in, out) to (out, in, H, W) and matrices from (in, out)
    to (out, in). The names do not change.
    """
    order = {4: (3, 2, 0, 1), 2: (1, 0)}
    return {
        name: torch.from_numpy(np.array(array.transpose(order.get(array.ndim)), order="C"))
        for name, array in arrays.items()
        if not _OPTIMIZER.search(name)
    }


def _prefix(path: str | os.PathLike[str]) -> Path:
    return Path(_SUFFIX.sub("", os.fspath(path))).expanduser()
