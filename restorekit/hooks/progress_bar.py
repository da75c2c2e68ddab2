"""A progress bar on a terminal."""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO, cast

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from restorekit.io.terminal import ProgressBars
from restorekit.registry import HOOKS

#: What is shown in front of the bar of each mode of a Runner.
_DESCRIPTIONS = {"train": "training", "val": "validation", "test": "testing"}


@HOOKS.register_module()
class ProgressBarHook(Hook):
    """Show how far training, validation and testing are, with the loss and the time left.

    The bar appears on standard error of the first process, if that is a terminal; log lines
    appear above it. Elsewhere this hook does nothing: mmengine's ``LoggerHook`` writes lines.

    Priority ``LOW``: after the losses of the iteration have been recorded.

    Example:
        >>> custom_hooks = [dict(type="ProgressBarHook")]
        >>> HOOKS.build(custom_hooks[0]).priority
        'LOW'
    """

    priority = "LOW"

    def __init__(self) -> None:
        self._bars = ProgressBars()
        self._redirected: list[logging.StreamHandler[TextIO]] = []

    def before_run(self, runner: Any) -> None:
        """Let log lines appear above the bar instead of in it."""
        if not _is_shown():
            return
        for handler in runner.logger.handlers:
            stream = getattr(handler, "stream", None)
            if stream in (sys.stdout, sys.stderr) and stream.isatty():
                handler.setStream(_AboveBars(stream, self._bars))
                self._redirected.append(handler)

    def after_run(self, runner: Any) -> None:
        """Give the log its streams back."""
        while self._redirected:
            handler = self._redirected.pop()
            handler.setStream(cast(_AboveBars, handler.stream).stream)

    def before_train(self, runner: Any) -> None:
        """Start the bar of the whole training, at the resumed iteration if there is one."""
        self._open("train", runner.max_iters, runner.iter)

    def after_train(self, runner: Any) -> None:
        """End the bar of the training."""
        self._bars.close(_DESCRIPTIONS["train"])

    def _before_epoch(self, runner: Any, mode: str = "train") -> None:
        if mode == "val":
            # MultiValLoop runs through several data loaders.
            total = getattr(runner.val_loop, "num_batches", None) or len(runner.val_dataloader)
            self._open("val", total)
        elif mode == "test":
            self._open("test", len(runner.test_dataloader))

    def _after_epoch(self, runner: Any, mode: str = "train") -> None:
        if mode != "train":
            # The bars of validations would pile up, one an interval.
            self._bars.close(_DESCRIPTIONS[mode], erase=mode == "val")

    def _after_iter(
        self,
        runner: Any,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Any = None,
        mode: str = "train",
    ) -> None:
        scalars = runner.message_hub.log_scalars
        status = ""
        if mode == "train" and "train/loss" in scalars:
            status = f"loss {scalars['train/loss'].current():.4g}"
        self._bars.advance(_DESCRIPTIONS[mode], status)

    def _open(self, mode: str, total: int, done: int = 0) -> None:
        if _is_shown():
            self._bars.open(_DESCRIPTIONS[mode], total, done)


class _AboveBars:
    """A stream whose lines appear above the bars while there are any."""

    def __init__(self, stream: TextIO, bars: ProgressBars) -> None:
        self.stream = stream
        self._bars = bars

    def write(self, text: str) -> None:
        # Handlers end each record with a line end, which the bars add themselves.
        if not self._bars.write(text.removesuffix("\n")):
            self.stream.write(text)

    def flush(self) -> None:
        self.stream.flush()


def _is_shown() -> bool:
    return is_main_process() and sys.stderr.isatty()
