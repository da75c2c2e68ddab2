"""Bridges to other toolboxes; each imports its own only when it is used."""

from .basicsr import basicsr_arch, import_basicsr

__all__ = ["basicsr_arch", "import_basicsr"]
