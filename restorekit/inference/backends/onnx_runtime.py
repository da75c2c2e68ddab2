"""Run a network with ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from restorekit.errors import CheckpointError, ConfigError, one_line
from restorekit.inference.export.cached import exported_file
from restorekit.inference.export.facts import INPUT, OUTPUT, facts_from
from restorekit.io.extras import optional_package
from restorekit.registry import BACKENDS

from .exported import ExportedBackend, chosen_dtype, require_file


class OnnxRuntimeBackend(ExportedBackend):
    """A session of ONNX Runtime, with as many threads as PyTorch has.

    Args:
        path: An exported file.
        device: ``cpu``, or ``cuda`` and ``cuda:1`` with the package ``onnxruntime-gpu``; by default
            the CPU.

    Raises:
        CheckpointError: If the file cannot be used.
        ConfigError: If the device cannot be used.
        MissingDependencyError: If ONNX Runtime is not installed.
    """

    def __init__(self, path: Path, device: str | torch.device | None = None) -> None:
        engine = optional_package("onnxruntime", "onnx", "The backend onnxruntime")
        options = engine.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3  # errors
        # Tiles at borders have other sizes, for which planned memory would be kept.
        options.enable_mem_pattern = False
        providers = _providers(engine, device)
        try:
            session = engine.InferenceSession(
                str(require_file(path)), sess_options=options, providers=providers
            )
        except Exception as error:  # its errors have no public base class
            if isinstance(error, CheckpointError):
                raise
            raise CheckpointError(
                f"{path} is not an ONNX file that ONNX Runtime reads: {one_line(str(error))[:300]}"
            ) from error
        super().__init__(facts_from(session.get_modelmeta().custom_metadata_map, path))
        self._session: Any = session

    def run_graph(self, lq: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Run the session."""
        try:
            restored: npt.NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: lq})[0]
        except Exception as error:
            text = str(error)
            if "Failed to allocate memory" in text or "bad_alloc" in text:
                raise MemoryError(one_line(text)[:300]) from error
            raise
        return restored

    def close(self) -> None:
        """Let go of the session."""
        self._session = None


@BACKENDS.register_module("onnxruntime")
def open_onnxruntime(
    path: Path, device: str | torch.device | None = None, dtype: str | None = None
) -> OnnxRuntimeBackend:
    """Run an exported file, or export a network file first, into the cache."""
    chosen = chosen_dtype(dtype, "onnxruntime")
    return OnnxRuntimeBackend(exported_file(Path(path), chosen), device)


def _providers(engine: Any, device: str | torch.device | None) -> list[Any]:
    wanted = torch.device("cpu" if device is None else device)
    if wanted.type == "cpu":
        return ["CPUExecutionProvider"]
    if wanted.type == "cuda" and "CUDAExecutionProvider" in engine.get_available_providers():
        return [("CUDAExecutionProvider", {"device_id": wanted.index or 0})]
    raise ConfigError(
        f"--device {device} cannot be used with onnxruntime here: give cpu, or install "
        "onnxruntime-gpu in place of onnxruntime for cuda."
    )
