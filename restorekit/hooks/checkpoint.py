"""Writing checkpoints without ever being left with none."""

from __future__ import annotations

from typing import Any

from mmengine.hooks import CheckpointHook as MMEngineCheckpointHook

from restorekit.registry import HOOKS


@HOOKS.register_module()
class CheckpointHook(MMEngineCheckpointHook):
    """mmengine's hook, but an old checkpoint goes only once the new one is on the disk.

    mmengine removes what ``max_keep_ckpts`` and ``save_best`` do not keep before it writes
    what replaces it: a kill in between leaves neither.

    Priority ``VERY_LOW``, as mmengine's, whose arguments it takes.
    """

    file_backend: Any

    def before_train(self, runner: Any) -> None:
        """Prepare as mmengine does."""
        super().before_train(runner)
        self.file_backend = _RemovesLater(self.file_backend)

    def _save_checkpoint_with_step(self, runner: Any, step: int, meta: dict[str, Any]) -> None:
        super()._save_checkpoint_with_step(runner, step, meta)
        self._remove_now()

    def _save_best_checkpoint(self, runner: Any, metrics: dict[str, float]) -> None:
        super()._save_best_checkpoint(runner, metrics)
        self._remove_now()

    def _remove_now(self) -> None:
        # A validation without a training has nothing to remove, nor a backend.
        backend = getattr(self, "file_backend", None)
        if isinstance(backend, _RemovesLater):
            backend.remove_now()


class _RemovesLater:
    """A file backend that keeps what it is told to remove until :meth:`remove_now`."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend
        self._waiting: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._backend, name)

    def remove(self, path: str) -> None:
        self._waiting.append(path)

    def remove_now(self) -> None:
        while self._waiting:
            self._backend.remove(self._waiting.pop())
