"""Pictures of a few restored images beside their input and their ground truth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmengine.hooks import Hook

from restorekit.hooks.pictures import comparison
from restorekit.io.files import path_below
from restorekit.io.images import write_image
from restorekit.registry import HOOKS


@HOOKS.register_module()
class RestoredImagesHook(Hook):
    """Writes ``rainy | derained | clean`` as one PNG for the first images of a dataset.

    The pictures lie in ``<work_dir>/restored``: in ``iter_<n>/`` for a validation after n
    training iterations, in ``val/`` and ``test/`` for runs without training, and below that
    in a folder for each dataset where a validation has several. In a
    distributed run each process writes the images it restored. A sampler that gives an
    image to two processes, to fill up the last batch, makes both write the same file,
    which is replaced as a whole.

    Args:
        num_images: How many images, counted by their ``index``; None for all.
        out_dir: Folder to use in place of ``<work_dir>/restored``.

    Priority ``LOW``; nothing else depends on it.
    """

    priority = "LOW"

    def __init__(self, num_images: int | None = 8, out_dir: str | None = None) -> None:
        self.num_images = num_images
        self.out_dir = out_dir
        self._training = False

    def before_train(self, runner: Any) -> None:
        """Note that validations now belong to a training iteration."""
        self._training = True

    def after_train(self, runner: Any) -> None:
        """Note that training is over."""
        self._training = False

    def after_val_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Write the pictures of this batch."""
        folder = f"iter_{runner.iter}" if self._training else "val"
        # Images of several datasets may have the same names.
        dataset = getattr(runner.val_loop, "name", None)
        self._write(runner, f"{folder}/{dataset}" if dataset else folder, outputs)

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Write the pictures of this batch."""
        self._write(runner, "test", outputs)

    def _write(self, runner: Any, folder: str, outputs: Sequence[dict[str, Any]]) -> None:
        root = Path(self.out_dir) if self.out_dir else Path(runner.work_dir) / "restored"
        for sample in outputs:
            if self.num_images is None or sample["index"] < self.num_images:
                path = path_below(root, sample["name"], ".png", inside=folder)
                write_image(path, comparison(sample))
