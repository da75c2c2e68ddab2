"""Record the images on which a training selects its best checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from mmengine.dist import is_main_process
from mmengine.hooks import Hook

from restorekit.errors import RestoreKitError
from restorekit.registry import HOOKS

from .leak_warning import evaluation_datasets, readers_of

#: Number of hex digits of an image's digest that a checkpoint keeps.
_LENGTH = 16


@HOOKS.register_module()
class ValidationSetHook(Hook):
    """Warns where a training validates on its test set or on training images.

    Every checkpoint names the images of its validation in ``meta['validation_images']``, by the
    beginnings of their :func:`~restorekit.io.fingerprint.image_digest`. A test of the best
    checkpoint therefore knows whether it was selected on the tested images, wherever these are
    (``selected_on`` in results). Where the validation restores in tiles or with a self-ensemble,
    ``meta['validation_settings']`` says how.

    Example:
        >>> HOOKS.build(dict(type="ValidationSetHook")).priority  # every training has it
        'NORMAL'
    """

    def __init__(self) -> None:
        self._digests: list[str] = []
        self._settings: dict[str, Any] = {}

    def before_train(self, runner: Any) -> None:
        """Compare the sets and warn."""
        if not is_main_process() or runner.val_loop is None:
            return
        loops = getattr(runner.val_loop, "loops", {"": runner.val_loop})
        datasets = {name: loop.dataloader.dataset for name, loop in loops.items()}
        validation = set(_locations(datasets.values()))
        shared = sum(one in validation for one in _locations([runner.train_dataloader.dataset]))
        if shared:
            runner.logger.warning(
                f"{shared:,} of the {len(validation):,} validation images are training images: set "
                "subset=dict(part='train') in the training dataset beside subset=dict(part='val') "
                "in that of validation, or validate on another split."
            )
        selecting = set(_locations(_selecting(datasets, runner.cfg).values()))
        try:
            tested = any(one in selecting for one in _test_locations(runner.cfg))
        except (RestoreKitError, OSError):
            # The test will report it.
            return
        if tested:
            runner.logger.warning(
                "Validation images are test images: what is selected in validation is selected on "
                "the test set, and results of the best checkpoint say so (selected_on)."
            )

    def after_load_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Keep the images of the checkpoint's validation, until the next validation."""
        self._digests = _validation_digests(checkpoint)
        self._settings = checkpoint.get("meta", {}).get("validation_settings", {})

    def after_val_epoch(self, runner: Any, metrics: dict[str, float] | None = None) -> None:
        """Note the images of the sets that select, and how they were restored."""
        loops = getattr(runner.val_loop, "loops", {"": runner.val_loop})
        selecting = list(_selecting(loops, runner.cfg).values())
        self._digests = [one[:_LENGTH] for loop in selecting for one in _digests_of(loop)]
        settings = getattr(selecting[0], "settings", {})
        self._settings = settings if any(settings.values()) else {}

    def before_save_checkpoint(self, runner: Any, checkpoint: dict[str, Any]) -> None:
        """Write them into the checkpoint."""
        if self._digests:
            checkpoint["meta"]["validation_images"] = self._digests
        if self._settings:
            checkpoint["meta"]["validation_settings"] = self._settings


def selected_on(
    checkpoint: Mapping[str, Any], digests: Iterable[str]
) -> Literal["validation", "test"] | None:
    """Return whether a checkpoint was validated on any of the images with these digests.

    Args:
        checkpoint: The content of its file.
        digests: Those of the test images.

    Returns:
        None if the checkpoint does not say on which images it was validated.
    """
    validation = set(_validation_digests(checkpoint))
    if not validation:
        return None
    shared = validation & {digest[:_LENGTH] for digest in digests}
    return "test" if shared else "validation"


def _digests_of(loop: Any) -> list[str]:
    digests = (getattr(metric, "digests", []) for metric in loop.evaluator.metrics)
    found: list[str] = next(filter(None, digests), [])
    return found


def _validation_digests(checkpoint: Mapping[str, Any]) -> list[str]:
    """Return the beginnings of the digests that a checkpoint holds."""
    digests = checkpoint.get("meta", {}).get("validation_images")
    return [one for one in digests if isinstance(one, str)] if isinstance(digests, list) else []


def validated_on(config: Any) -> Literal["validation", "test"] | None:
    """Return on what a config validates: ``test`` if any validation image is a test image.

    Of several validation sets, those by which ``save_best`` selects count.

    Args:
        config: The whole config.

    Returns:
        None if there is no validation set or no test set, or one of them cannot be read.
    """
    try:
        selecting = {"val_dataloader": _selecting_loaders(config)}
        validation = set(_locations(evaluation_datasets(selecting, ["val_dataloader"])))
        test = set(_test_locations(config))
    except (RestoreKitError, OSError):
        return None
    if not validation or not test:
        return None
    return "test" if validation & test else "validation"


def _selecting_loaders(config: Any) -> Any:
    """Return the configs of the data loaders by whose images the best checkpoint is selected."""
    loader = config.get("val_dataloader")
    if not isinstance(loader, Mapping) or "dataset" in loader:
        return loader
    return _selecting(loader, config)


def _selecting(sets: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """Return the validation sets by which ``save_best`` selects; all if it names none of them."""
    checkpoint = (config.get("default_hooks") or {}).get("checkpoint") or {}
    save_best = checkpoint.get("save_best") or []
    keys = [save_best] if isinstance(save_best, str) else save_best
    # `auto` takes the first number, which is of the first set.
    names = {next(iter(sets), "") if key == "auto" else key.partition("/")[0] for key in keys}
    return {name: one for name, one in sets.items() if name in names} or dict(sets)


def _test_locations(config: Any) -> Iterator[tuple[str, str]]:
    return _locations(evaluation_datasets(config, ["test_dataloader"]))


def _locations(datasets: Iterable[Any]) -> Iterator[tuple[str, str]]:
    """Yield the folder or LMDB and the name of each image."""
    for reader in readers_of(datasets):
        for name in reader.names:
            yield reader.location, name
