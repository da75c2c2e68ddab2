"""The restorer for people: images of any kind in, the same kind out."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from mmengine.device import get_device

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean
from restorekit.hub import locate
from restorekit.interop import READERS

from .backends import Backend, PyTorchBackend, open_backend
from .canvas import ArrayCanvas
from .pixels import RGB, is_batch, unpack
from .tiles import OnProgress, Tile, TiledNetwork, parse_tile

if TYPE_CHECKING:
    from .files import Outcome
    from .video import VideoResult

#: How many images of a list are held at a time.
_BATCH = 16
_Image = TypeVar("_Image")


def load_restorer(
    name_or_path: str | os.PathLike[str],
    *,
    device: str | torch.device | None = None,
    dtype: str | None = None,
    tile: Tile = "auto",
    ensemble: bool = False,
    backend: str = "pytorch",
    strength: float = 1.0,
    via: str | None = None,
) -> Restorer:
    """Load a trained network, ready for images of any kind and size.

    Args:
        name_or_path: Name of a published network (``restorekit list models --published``), or a
            network file: converted, or a checkpoint of a training.
        device: ``cpu``, ``cuda``, ``cuda:1`` …; by default a GPU where there is one.
        dtype: ``float32`` (default), or ``float16`` or ``bfloat16`` for less memory and time
            where the device is fast at them.
        tile: ``auto`` restores large images in parts that fit into memory, a number in parts of
            that side in pixels, ``off`` always whole.
        ensemble: Whether to average over the eight flips and rotations of the image: a little
            better, eight times slower.
        backend: Engine that runs the network; ``restorekit list backends`` shows all.
        strength: How far to go from the image (0) to the restored image (1).
        via: ``spandrel`` lets that package recognise and read the file, which may be of any of
            its networks (docs/bridges.md).

    Raises:
        CheckpointError: If the file cannot be used.
        ConfigError: If an option cannot be used.
        UnknownNameError: If no published network or no backend has that name.

    Example:
        >>> restorer = load_restorer("derain-small", device="cpu", strength=0.8)
        >>> restored = restorer(clean)
        >>> restored.shape, restored.dtype
        ((48, 64, 3), dtype('uint8'))
    """
    opened = (
        open_backend(backend, locate(name_or_path), device, dtype)
        if via is None
        else _open_via(via, Path(name_or_path), backend, device, dtype)
    )
    return Restorer(opened, tile=tile, ensemble=ensemble, strength=strength)


def _open_via(
    via: str, path: Path, backend: str, device: str | torch.device | None, dtype: str | None
) -> PyTorchBackend:
    if via not in READERS:
        raise UnknownNameError(
            f"--via {via}: no package of that name reads checkpoints here."
            f"{did_you_mean(via, READERS)} Say {' or '.join(READERS)}."
        )
    if backend != "pytorch":
        raise ConfigError(
            f"--via {via} runs networks in PyTorch, not with --backend {backend}: convert the file "
            f"first, `restorekit convert {via} {path} network.safetensors`."
        )
    return PyTorchBackend(READERS[via](path), device or get_device(), dtype)


class Restorer:
    """Restores images with a network; made by :func:`load_restorer`.

    It may be used by several threads, which take turns. As a context manager it releases the
    network at the end of the block.

    Args:
        backend: Runs the network.
        tile: See :func:`load_restorer`, as for the rest.
        ensemble: Whether to average over eight views.
        strength: From 0 to 1.

    Raises:
        ConfigError: If an option cannot be used.

    Example:
        >>> from restorekit.inference import Restorer
        >>> class Darker(Backend):
        ...     def run(self, lq):
        ...         return lq / 2
        >>> with Restorer(Darker()) as restorer:
        ...     int(restorer(clean).max())
        50
    """

    def __init__(
        self,
        backend: Backend,
        *,
        tile: Tile = "auto",
        ensemble: bool = False,
        strength: float = 1.0,
    ) -> None:
        if not 0 <= strength <= 1:
            raise ConfigError(f"strength is {strength!r}, but must be from 0 to 1.")
        self.backend = backend
        self.network = TiledNetwork(backend, parse_tile(tile), ensemble)
        self.strength = strength

    @property
    def device(self) -> torch.device:
        """The device that the network runs on."""
        return self.backend.device

    def __call__(self, image: _Image, on_progress: OnProgress | None = None) -> _Image:
        """Restore an image, or several.

        Args:
            image: One of

                * a NumPy array (H, W), (H, W, 1) or (H, W, 3), with alpha (H, W, 2) or (H, W, 4);
                  uint8, uint16, or floats in [0, 1]; RGB order,
                * a PIL image,
                * a tensor (C, H, W), of the same types, on any device,
                * a path, whose result is a uint8 array (H, W, 3),

                or a list or tuple of these, an array (N, H, W, C), a tensor (N, C, H, W).
            on_progress: See :meth:`restore_rgb`.

        Returns:
            The same kind, type, mode and shape; a list for a list or tuple. Alpha is passed
            through, grey stays grey, floats are clipped to [0, 1].

        Raises:
            DataError: If this is not an image, or does not fit into memory.
            CheckpointError: If the network's output is not finite.
        """
        result: Any
        if is_batch(image):
            images: Any = image
            restored = self._restore_all(images, on_progress)
            if isinstance(image, np.ndarray):
                result = np.stack(restored) if restored else image.copy()
            elif isinstance(image, torch.Tensor):
                result = torch.stack(restored) if restored else image.clone()
            else:
                result = restored
            return result  # type: ignore[no-any-return]
        result = self._restore_all([image], on_progress)[0]
        return result  # type: ignore[no-any-return]

    def _restore_all(
        self, images: Iterable[Any], on_progress: OnProgress | None = None
    ) -> list[Any]:
        """Restore images; those of one size that follow each other share batches."""
        restored: list[Any] = []
        opened = ((_name(image), *unpack(image)) for image in images)
        for _, group in itertools.groupby(opened, lambda one: (one[1].shape, one[1].dtype)):
            while some := list(itertools.islice(group, _BATCH)):
                canvases = [ArrayCanvas(rgb, name, self.strength) for name, rgb, _ in some]
                self.network.run(canvases, some[0][0], on_progress)
                results = (canvas.result for canvas in canvases)
                restored += [back(rgb) for (*_, back), rgb in zip(some, results, strict=True)]
        return restored

    def restore_rgb(
        self, rgb: RGB, name: str = "the image", on_progress: OnProgress | None = None
    ) -> RGB:
        """Restore the colours of one image.

        Args:
            rgb: (H, W, 3), any view: uint8, uint16, or floats in [0, 1].
            name: What error messages call it.
            on_progress: Called after each part of the image with the number of parts that are
                done and of all; the numbers begin again if memory runs out and parts get smaller.

        Returns:
            A new array of the same shape and type.

        Raises:
            DataError: If memory does not suffice.
            CheckpointError: If the network's output is not finite.
        """
        canvas = ArrayCanvas(rgb, name, self.strength)
        self.network.run([canvas], name, on_progress)
        return canvas.result

    def restore_files(
        self,
        inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        out: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> list[Outcome]:
        """Restore files, folders and patterns; see :func:`restorekit.inference.restore_files`.

        Example:
            >>> with load_restorer("derain-small", device="cpu") as restorer:
            ...     outcomes = restorer.restore_files("data/mine/test/lq", "derained", format="png")
            >>> [outcome.target.name for outcome in outcomes]
            ['000.png', '001.png']
        """
        from .files import restore_files

        named = [inputs] if isinstance(inputs, (str, os.PathLike)) else inputs
        return restore_files(self, named, out, **options)

    def restore_video(
        self, source: str | os.PathLike[str], out: str | os.PathLike[str], **options: Any
    ) -> VideoResult:
        """Restore a video; see :func:`restorekit.inference.restore_video`.

        Example:
            >>> restorer.restore_video("clip.mp4", "dry.mp4", temporal=1)  # doctest: +SKIP
        """
        from .video import restore_video

        return restore_video(self, source, out, **options)

    def close(self) -> None:
        """Release the network and its memory."""
        self.backend.close()

    def __enter__(self) -> Restorer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _name(image: Any) -> str:
    return str(image) if isinstance(image, (str, os.PathLike)) else "the image"
