"""On which images a training selects its best checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from restorekit.errors import RestoreKitError
from restorekit.registry import HOOKS

from .leak_warning import evaluation_datasets, readers_of


@HOOKS.register_module()
class ValidationSetHook(Hook):
    """Warns where a training validates on its test set or on training images.

    Every checkpoint says in ``meta['validated_on']`` whether it was validated on ``test`` images or
    on others (``validation``). A test of the best one writes it into the results, as
    ``selected_on``.
    """

    def __init__(self) -> None:
        self.validated_on: Literal["validation", "test"] | None = None

    def before_train(self, runner: Any) -> None:
        """Compare the sets and warn."""
        if not is_main_process() or runner.val_loop is None:
            return
        try:
            validation = _images(evaluation_datasets(runner.cfg, ["val_dataloader"]))
            shared = validation & _images([runner.train_dataloader.dataset])
        except (RestoreKitError, OSError):
            # Whatever reads these images reports it.
            return
        if shared:
            runner.logger.warning(
                f"{len(shared):,} of the {len(validation):,} validation images are training "
                "images: set subset=dict(part='train') in the training dataset beside "
                "subset=dict(part='val') in that of validation, or validate on another split."
            )
        self.validated_on = validated_on(runner.cfg)
        if self.validated_on == "test":
            runner.logger.warning(
                "Validation images are test images: what is selected in validation is selected on "
                "the test set, and results of the best checkpoint say so (selected_on)."
            )

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Write what was found into the checkpoint."""
        if self.validated_on is not None:
            checkpoint["meta"]["validated_on"] = self.validated_on


def validated_on(config: Any) -> Literal["validation", "test"] | None:
    """Return on what a config validates: ``test`` if any validation image is a test image.

    Of several validation sets, that counts by which ``save_best`` selects.

    Args:
        config: The whole config.

    Returns:
        None if there is no validation set or no test set, or one of them cannot be read.
    """
    try:
        selecting = {"val_dataloader": _selecting_loader(config)}
        validation = _images(evaluation_datasets(selecting, ["val_dataloader"]))
        test = _images(evaluation_datasets(config, ["test_dataloader"]))
    except (RestoreKitError, OSError):
        return None
    if not validation or not test:
        return None
    return "test" if validation & test else "validation"


def _selecting_loader(config: Any) -> Any:
    """Return the config of the data loader by whose images the best checkpoint is selected."""
    loader = config.get("val_dataloader")
    if not isinstance(loader, Mapping) or "dataset" in loader:
        return loader
    checkpoint = (config.get("default_hooks") or {}).get("checkpoint") or {}
    save_best = checkpoint.get("save_best")
    # `auto` takes the first number, which is of the first set.
    name = next(iter(loader)) if save_best == "auto" else str(save_best).partition("/")[0]
    return loader.get(name, loader)


def _images(datasets: Iterable[Any]) -> set[tuple[str, str]]:
    """Return where each image of the datasets is."""
    return {(reader.location, name) for reader in readers_of(datasets) for name in reader.names}
