"""Published weights by name: what there is, where it is, and whether it is intact.

Nothing here uses the network unless :func:`fetch` is called.
"""

from __future__ import annotations

from .download import fetch
from .index import INDEX_VARIABLE, Published, published_models
from .locate import locate

__all__ = ["INDEX_VARIABLE", "Published", "fetch", "locate", "published_models"]
