"""Run a network with OpenVINO on the CPU."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from restorekit.errors import CheckpointError, one_line
from restorekit.inference.export import read_facts
from restorekit.inference.export.cached import exported_file
from restorekit.io.extras import optional_package
from restorekit.registry import BACKENDS

from .exported import ExportedBackend, chosen_dtype, require_cpu, require_file


class OpenVinoBackend(ExportedBackend):
    """A model compiled by OpenVINO, with as many threads as PyTorch has.

    Args:
        path: An exported file.

    Raises:
        CheckpointError: If the file cannot be used.
        MissingDependencyError: If OpenVINO or ``onnx`` is not installed.
    """

    def __init__(self, path: Path) -> None:
        engine = optional_package("openvino", "openvino", "The backend openvino")
        super().__init__(read_facts(require_file(path)))
        settings = {
            "INFERENCE_NUM_THREADS": torch.get_num_threads(),
            "PERFORMANCE_HINT": "LATENCY",
            # It would compute in bfloat16 where the CPU can.
            "INFERENCE_PRECISION_HINT": "f32",
        }
        try:
            self._model: Any = engine.Core().compile_model(str(path), "CPU", settings)
        except RuntimeError as error:
            raise CheckpointError(
                f"{path} is not an ONNX file that OpenVINO reads: {one_line(str(error))[:300]}"
            ) from error

    def run_graph(self, lq: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the compiled model."""
        restored: npt.NDArray[np.float32] = np.array(self._model(lq)[0])
        return restored

    def close(self) -> None:
        """Let go of the model."""
        self._model = None


@BACKENDS.register_module("openvino")
def open_openvino(
    path: Path, device: str | torch.device | None = None, dtype: str | None = None
) -> OpenVinoBackend:
    """Run an exported file, or export a network file first, into the cache."""
    require_cpu(device, "openvino")
    return OpenVinoBackend(exported_file(Path(path), chosen_dtype(dtype, "openvino")))
