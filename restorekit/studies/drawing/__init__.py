"""Draw a study: its tables and figures as Markdown, CSV, LaTeX and one HTML page."""

from .draw import Drawing, draw_study
from .evidence import Evidence, find_evidence

__all__ = ["Drawing", "Evidence", "draw_study", "find_evidence"]
