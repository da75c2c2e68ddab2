"""Bridges to other toolboxes, which are imported only when they are used."""

from .basicsr import basicsr_arch, import_basicsr

__all__ = ["basicsr_arch", "import_basicsr"]
