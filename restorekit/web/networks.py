"""The networks that the page offers, loaded when they are first used."""

from __future__ import annotations

import threading
from pathlib import Path

from restorekit.checkpoints.io import require_file
from restorekit.hub import locate
from restorekit.inference import Backend, Restorer, open_backend

#: Gradio's name for the queue of all jobs. They run one at a time: two networks at once would
#: share the processor and double the memory, and a new job removes the results of old ones.
QUEUE = "networks"


class Networks:
    """Keeps the network that was used last.

    Args:
        models: Names of published networks, or files.
        device: Where they run; by default a GPU where there is one.
    """

    def __init__(self, models: tuple[str, ...], device: str | None) -> None:
        self._models = _by_label(models)
        self._device = device
        self._lock = threading.Lock()
        self._loaded: tuple[str, Backend] | None = None

    def check(self) -> None:
        """Require that all files are there, and load the default network.

        Raises:
            CheckpointError: If a file is missing, or the default one cannot be used.
            UnknownNameError: If a name is not published.
        """
        for model in self._models.values():
            require_file(locate(model))
        self.restorer(self.names[0], "auto", 1.0)

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
                self._loaded = None  # frees the previous one
                backend = open_backend("pytorch", locate(self._models[name]), self._device, None)
                self._loaded = (name, backend)
            size = int(tile) if tile.isdecimal() else tile
            return Restorer(self._loaded[1], tile=size, strength=strength)  # type: ignore[arg-type]


def _by_label(models: tuple[str, ...]) -> dict[str, str]:
    """Return the models by their files' names, with a folder only where two are equal."""
    names = [Path(model).name for model in models]
    return {
        name if names.count(name) == 1 else "/".join(Path(model).parts[-2:]): model
        for name, model in zip(names, models, strict=True)
    }
