"""A progress bar for those who watch a training on a terminal."""

from __future__ import annotations

import logging
import shutil
import sys
from typing import Any, TextIO, cast

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from tqdm import tqdm

from restorekit.registry import HOOKS


@HOOKS.register_module()
class ProgressBarHook(Hook):
    """Shows how far training, validation and testing are, with loss and time left.

    A bar on standard error of the first process, if that is a terminal; log lines appear
    above it. Elsewhere this hook does nothing: mmengine's ``LoggerHook`` writes lines.

    Priority ``LOW``: after the losses of the iteration have been recorded.
    """

    priority = "LOW"

    def __init__(self) -> None:
        self._bars: dict[str, Any] = {}
        self._redirected: list[logging.StreamHandler[TextIO]] = []

    def before_run(self, runner: Any) -> None:
        """Let log lines appear above the bar instead of in it."""
        if not _is_shown():
            return
        for handler in runner.logger.handlers:
            if getattr(handler, "stream", None) in (sys.stdout, sys.stderr):
                handler.setStream(_AboveBar(handler.stream))
                self._redirected.append(handler)

    def after_run(self, runner: Any) -> None:
        """Give the log its streams back."""
        while self._redirected:
            handler = self._redirected.pop()
            handler.setStream(cast(_AboveBar, handler.stream).stream)

    def before_train(self, runner: Any) -> None:
        """Start the bar of the whole training, at the resumed iteration if there is one."""
        self._open("train", "training", runner.max_iters, runner.iter)

    def after_train(self, runner: Any) -> None:
        """End the bar of the training."""
        self._close("train")

    def _before_epoch(self, runner: Any, mode: str = "train") -> None:
        if mode == "val":
            # MultiValLoop runs through several data loaders.
            total = getattr(runner.val_loop, "num_batches", None) or len(runner.val_dataloader)
            self._open("val", "validation", total)
        elif mode == "test":
            self._open("test", "testing", len(runner.test_dataloader))

    def _after_epoch(self, runner: Any, mode: str = "train") -> None:
        if mode != "train":
            self._close(mode)

    def _after_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
        mode: str = "train",
    ) -> None:
        bar = self._bars.get(mode)
        if bar is None:
            return
        scalars = runner.message_hub.log_scalars
        if mode == "train" and "train/loss" in scalars:
            bar.set_postfix_str(f"loss {scalars['train/loss'].current():.4g}", refresh=False)
        bar.update()

    def _open(self, mode: str, description: str, total: int, done: int = 0) -> None:
        if _is_shown():
            # tqdm shows nothing on a terminal that does not tell its size; this assumes one.
            size = shutil.get_terminal_size()
            self._bars[mode] = tqdm(
                desc=description,
                total=total,
                initial=done,
                file=sys.stderr,
                # The bar of a validation would pile up, one an interval.
                leave=mode != "val",
                ncols=size.columns,
                nrows=size.lines,
            )

    def _close(self, mode: str) -> None:
        bar = self._bars.pop(mode, None)
        if bar is not None:
            bar.close()


class _AboveBar:
    """A stream that takes the bars away while it is written to."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> None:
        tqdm.write(text, file=self.stream, end="")

    def flush(self) -> None:
        self.stream.flush()


def _is_shown() -> bool:
    return is_main_process() and sys.stderr.isatty()
