"""Write restored images: beside input and ground truth, or alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from mmengine.hooks import Hook
from mmengine.logging import print_log

from restorekit.errors import OutputError
from restorekit.io.files import path_below
from restorekit.io.images import write_image
from restorekit.io.tensors import to_hwc
from restorekit.metrics.functional.color import to_uint8
from restorekit.registry import HOOKS

#: Width in pixels of the white line between the pictures of a row.
GAP = 4


class Unsaved:
    """Images of a test that could not be written; the test continues without them.

    Hours of measuring must not be lost because a disk is full.
    """

    def __init__(self) -> None:
        self.count = 0
        self.first: OutputError | None = None

    def write(self, path: Path, image: npt.NDArray[np.uint8]) -> None:
        """Write an image; note it here if that fails."""
        try:
            write_image(path, image)
        except OutputError as error:
            self.count += 1
            self.first = self.first or error
            if self.count == 1:
                print_log(f"{error} The test continues.", "current", logging.WARNING)


@HOOKS.register_module()
class RestoredImagesHook(Hook):
    """Writes ``rainy | derained | clean`` as one PNG for the first images of a dataset.

    The pictures go to ``<work_dir>/restored``: to ``iter_<n>/`` for a validation after n training
    iterations, to ``val/`` and ``test/`` for runs without training, and there to one folder for
    each dataset if a validation has several. In a distributed run each process writes the images
    that it restored. An image that two processes have is written by both, as a whole each time.

    Args:
        num_images: Images with an ``index`` below this are written; None for all.
        out_dir: Folder that replaces ``<work_dir>/restored``.

    Priority ``LOW``; nothing else depends on it.

    Example:
        >>> from restorekit.io.images import read_image
        >>> pictures = RestoredImagesHook(num_images=1, out_dir="pictures")
        >>> lq, pred, gt = torch.rand(3, 3, 48, 64)
        >>> outputs = [dict(index=0, name="photo", lq=lq, pred=pred, gt=gt)]
        >>> pictures.after_test_iter(None, 0, outputs=outputs)
        >>> read_image("pictures/test/photo.png").shape  # three of 64 pixels and two lines of 4
        (48, 200, 3)
    """

    priority = "LOW"

    def __init__(self, num_images: int | None = 8, out_dir: str | None = None) -> None:
        self.num_images = num_images
        self.out_dir = out_dir
        self.unsaved = Unsaved()
        self._training = False

    def before_train(self, runner: Any) -> None:
        self._training = True

    def after_train(self, runner: Any) -> None:
        self._training = False

    def after_val_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        folder = f"iter_{runner.iter}" if self._training else "val"
        # Images of several datasets may have the same names.
        dataset = getattr(runner.val_loop, "name", None)
        folder = f"{folder}/{dataset}" if dataset else folder
        for path, image in self._pictures(runner, folder, outputs):
            write_image(path, image)

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        for path, image in self._pictures(runner, "test", outputs):
            self.unsaved.write(path, image)

    def _pictures(
        self, runner: Any, folder: str, outputs: Sequence[dict[str, Any]]
    ) -> Iterator[tuple[Path, npt.NDArray[np.uint8]]]:
        root = Path(self.out_dir) if self.out_dir else Path(runner.work_dir) / "restored"
        for sample in outputs:
            if self.num_images is None or sample["index"] < self.num_images:
                path = path_below(root, sample["name"], ".png", inside=folder)
                yield path, comparison(sample)


@HOOKS.register_module()
class SaveRestoredHook(Hook):
    """Writes every restored image of a test run to ``<out_dir>/<name>.png``, 8 bit RGB.

    Predictions are clamped to [0, 1] and rounded, so a protocol with uint8 quantisation measures
    the same on the file as on the prediction. A failure to write is noted in ``unsaved``.

    Args:
        out_dir: Folder for the images.

    Priority ``LOW``; nothing else depends on it.

    Example:
        >>> from restorekit.io.images import read_image
        >>> saving = SaveRestoredHook("restored")
        >>> outputs = [dict(name="photo", pred=torch.rand(3, 48, 64))]
        >>> saving.after_test_iter(None, 0, outputs=outputs)
        >>> read_image("restored/photo.png").shape
        (48, 64, 3)
    """

    priority = "LOW"

    def __init__(self, out_dir: str) -> None:
        self.out_dir = out_dir
        self.unsaved = Unsaved()

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        for sample in outputs:
            path = path_below(self.out_dir, sample["name"], ".png")
            self.unsaved.write(path, to_picture(sample["pred"]))


def to_picture(image: torch.Tensor) -> npt.NDArray[np.uint8]:
    """Return a float RGB image (3, H, W), nominally in [0, 1], as uint8 (H, W, 3).

    Clamped and rounded as the protocols with uint8 quantisation do it.
    """
    return to_uint8(to_hwc(image))


def comparison(sample: Mapping[str, Any]) -> npt.NDArray[np.uint8]:
    """Return ``rainy | derained | clean`` of one prediction as one uint8 RGB picture.

    Without a ground truth the row ends after the derained image.
    """
    pictures = [to_picture(sample[key]) for key in ("lq", "pred", "gt") if key in sample]
    white = np.full((pictures[0].shape[0], GAP, 3), 255, dtype=np.uint8)
    row = [pictures[0]]
    for picture in pictures[1:]:
        row += [white, picture]
    return np.concatenate(row, axis=1)
