"""Several test sets in one run: which they are, and the config that tests each of them."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config

from restorekit.catalog import KnownDataset, get_dataset
from restorekit.errors import ConfigError, UnknownNameError, did_you_mean
from restorekit.metrics.protocols import build_protocol

#: Keys of a dataset's config that are not about where its images are.
_HOW = ("pipeline", "skip_broken")


def expand_test_sets(config: Config) -> None:
    """Replace ``test_sets`` of a config by a data loader for each set in ``test_dataloader``.

    Args:
        config: The whole config. ``test_sets`` is a list of catalog ids, or of dicts with ``name``
            and what differs from ``test_dataloader.dataset``.

    Raises:
        ConfigError: If the list says nothing, or names come twice.
        UnknownNameError: If a name is not in the catalog.
    """
    if config.get("test_sets") is None:
        return
    wanted = config.pop("test_sets")
    if isinstance(wanted, str) or not isinstance(wanted, Sequence) or not wanted:
        raise ConfigError(f"test_sets must be a list of test sets, not {wanted!r}.")
    _set_loaders(config, [_described(config, one) for one in wanted])


def choose_test_sets(config: Config, names: Sequence[str]) -> None:
    """Let a config test these sets instead of its own.

    Args:
        config: The whole config.
        names: For each a name among the config's own sets, a catalog id (in ``data/`` as configs
            have it), or ``NAME=FOLDER``.

    Raises:
        ConfigError: If names come twice.
        UnknownNameError: If a name is neither the config's nor in the catalog.
    """
    own = test_loaders(config)
    chosen = []
    for text in names:
        name, _, folder = text.partition("=")
        if name in own and not folder:
            chosen.append((name, copy.deepcopy(own[name])))
            continue
        try:
            dataset = _of_catalog(config, get_dataset(name))
        except UnknownNameError as error:
            if not folder:
                near = did_you_mean(name, own)
                raise UnknownNameError(
                    f"--test-set {name}: {str(error).rstrip('.')}. {near} For other images, say "
                    "--test-set NAME=FOLDER."
                ) from error
            dataset = {**_template(config).dataset, "split": "test"}
            for key in ("catalog", "hint"):
                dataset.pop(key, None)
        if folder:
            dataset["data_root"] = folder
        chosen.append((name, _loader(config, dataset)))
    _set_loaders(config, chosen)


def test_loaders(config: Config) -> dict[str, Any]:
    """Return the config of each test set's data loader by name; empty if there is only one."""
    loader = config.get("test_dataloader")
    return {} if loader is None or "dataset" in loader else dict(loader)


def split_test_sets(config: Config) -> dict[str, Config]:
    """Return a whole config for each test set, by name; the name is empty if there is only one.

    A named set is measured first under the catalog's protocol, if it has one, and in a work folder
    of its own.
    """
    loaders = test_loaders(config)
    if not loaders:
        return {"": config}
    started = time.strftime("%Y%m%d_%H%M%S")
    configs = {}
    for name, loader in loaders.items():
        one = copy.deepcopy(config)
        one.test_dataloader = copy.deepcopy(loader)
        one.work_dir = str(Path(config.work_dir) / name)
        # Runs of one name would share a log.
        base = config.get("experiment_name") or Path(config.filename or "test").stem
        one.experiment_name = f"{base}_{name}_{started}"
        _measure_as_known(one)
        configs[name] = one
    return configs


def _measure_as_known(config: Config) -> None:
    """Put the catalog's protocol of the test set before those of the config."""
    catalog = config.test_dataloader.dataset.get("catalog")
    protocol = get_dataset(catalog).protocol if catalog else ""
    evaluators: Any = config.get("test_evaluator") or []
    for one in evaluators if isinstance(evaluators, (list, tuple)) else [evaluators]:
        if protocol and isinstance(one, dict) and one.get("protocols"):
            others = [p for p in one["protocols"] if build_protocol(p).name != protocol]
            one["protocols"] = [protocol, *others]
            return


def _described(config: Config, one: Any) -> tuple[str, Any]:
    """Return name and data loader of an item of ``test_sets``."""
    if isinstance(one, str):
        try:
            return one, _loader(config, _of_catalog(config, get_dataset(one)))
        except UnknownNameError as error:
            raise UnknownNameError(f"test_sets: {error}") from error
    if not isinstance(one, Mapping) or not isinstance(one.get("name"), str):
        raise ConfigError(
            f"test_sets: {one!r} must be a catalog id, or a dict with a name and what differs from "
            "test_dataloader.dataset."
        )
    changes = {key: value for key, value in one.items() if key != "name"}
    return one["name"], _loader(config, {**_template(config).dataset, **changes})


def _of_catalog(config: Config, known: KnownDataset) -> dict[str, Any]:
    """Return the config of a known dataset's test split.

    Raises:
        ConfigError: If it has none.
    """
    if "test" not in known.splits:
        raise ConfigError(f"{known.title} ({known.id}) has no test images.")
    template = _template(config).dataset
    return {
        "type": "PairedDataset" if known.paired else "UnpairedDataset",
        "data_root": f"data/{known.folder}",
        "split": "test",
        "catalog": known.id,
        **{key: template[key] for key in _HOW if key in template},
    }


def _template(config: Config) -> Any:
    """Return the data loader that says how test sets are read."""
    loader = config.get("test_dataloader")
    if loader is None:
        raise ConfigError("The config has no test_dataloader, which says how test sets are read.")
    return loader if "dataset" in loader else next(iter(loader.values()))


def _loader(config: Config, dataset: Mapping[str, Any]) -> dict[str, Any]:
    return {**copy.deepcopy(dict(_template(config))), "dataset": dict(dataset)}


def _set_loaders(config: Config, loaders: Sequence[tuple[str, Any]]) -> None:
    names = [name for name, _ in loaders]
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"The test set {name!r} comes twice: give one of them another name.")
        # It becomes the name of a folder.
        if not re.fullmatch(r"\w[\w.+-]*", name):
            raise ConfigError(
                f"The test set's name {name!r} must be letters, digits, dots, dashes and "
                "underscores: its results are in a folder of that name."
            )
    config.test_dataloader = dict(loaders)
