"""Networks as ONNX files: written, described by their metadata, compared with PyTorch."""

from .exporter import DEFAULT_OPSET, DTYPES, OPSETS, export_file, export_network, exportable
from .facts import ExportFacts, read_facts

__all__ = [
    "DEFAULT_OPSET",
    "DTYPES",
    "OPSETS",
    "ExportFacts",
    "export_file",
    "export_network",
    "exportable",
    "read_facts",
]
