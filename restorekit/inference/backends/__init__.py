"""Engines that run a network: PyTorch, and others that are registered by name.

A backend of your own is one file: a subclass of :class:`Backend`, and a function that opens a
network file with it, registered under the name that ``backend=`` and ``--backend`` take::

    @BACKENDS.register_module("my-engine")
    def open_my_engine(path, device, dtype):
        return MyBackend(path)
"""

from .backend import Backend, open_backend
from .onnx_runtime import OnnxRuntimeBackend
from .openvino import OpenVinoBackend
from .pytorch import PyTorchBackend

__all__ = ["Backend", "OnnxRuntimeBackend", "OpenVinoBackend", "PyTorchBackend", "open_backend"]
