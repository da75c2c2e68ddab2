"""The restored images of a test set, as files."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import Hook

from restorekit.hooks.pictures import to_picture
from restorekit.io.files import path_below
from restorekit.io.images import write_image
from restorekit.registry import HOOKS


@HOOKS.register_module()
class SaveRestoredHook(Hook):
    """Writes every restored image of a test run to ``<out_dir>/<name>.png``, 8 bit RGB.

    Predictions are clamped to [0, 1] and rounded: what a protocol with uint8 quantisation
    measures on a prediction is what it measures on the file.

    Args:
        out_dir: Folder for the images.

    Priority ``LOW``; nothing else depends on it.
    """

    priority = "LOW"

    def __init__(self, out_dir: str) -> None:
        self.out_dir = out_dir

    def after_test_iter(
        self, runner: Any, batch_idx: int, data_batch: Any = None, outputs: Any = None
    ) -> None:
        """Write the images of this batch."""
        for sample in outputs:
            path = path_below(self.out_dir, sample["name"], ".png")
            write_image(path, to_picture(sample["pred"]))
