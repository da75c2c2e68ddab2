"""The page of ``restorekit serve``, made with Gradio (extra ``web``)."""

from .application import Settings, make_app

__all__ = ["Settings", "make_app"]
