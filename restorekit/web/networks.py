"""The networks that the page offers, loaded when they are first used."""

from __future__ import annotations

import threading
from pathlib import Path

from restorekit.hub import locate
from restorekit.inference import Backend, Restorer, open_backend


class Networks:
    """Keeps the last network that was used.

    Args:
        models: Names of published networks, or files.
        device: Where they run; by default a GPU where there is one.
    """

    def __init__(self, models: tuple[str, ...], device: str | None) -> None:
        self._models = {_label(model): model for model in models}
        self._device = device
        self._lock = threading.Lock()
        self._loaded: tuple[str, Backend] | None = None

    @property
    def names(self) -> list[str]:
        """What is shown to choose from, the default first."""
        return list(self._models)

    def restorer(self, name: str, tile: str, strength: float) -> Restorer:
        """Return a restorer.

        Args:
            name: One of :attr:`names`.
            tile: ``auto``, ``off`` or a number of pixels.
            strength: From 0 to 1.

        Raises:
            CheckpointError: If the file cannot be used.
        """
        with self._lock:
            if self._loaded is None or self._loaded[0] != name:
                self._loaded = None  # frees the one before
                backend = open_backend("pytorch", locate(self._models[name]), self._device, None)
                self._loaded = (name, backend)
            size = int(tile) if tile.isdecimal() else tile
            return Restorer(self._loaded[1], tile=size, strength=strength)  # type: ignore[arg-type]


def _label(model: str) -> str:
    """Return a name without the folders of this machine."""
    return Path(model).name
