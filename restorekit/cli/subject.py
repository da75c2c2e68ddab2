"""What a name, a config or a checkpoint stands for: a network, and what is known of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from restorekit.errors import ConfigError, UnknownNameError, did_you_mean

if TYPE_CHECKING:
    from torch import nn

    from restorekit.catalog import Method, MethodConfig

_CONFIG_SUFFIXES = (".py", ".yaml", ".yml", ".json")


@dataclass(frozen=True)
class Subject:
    """A network, and what is known of it before anything is measured.

    Attributes:
        title: What it is, in a line.
        network: In eval mode, on the CPU, accelerated; it takes images of any size.
        network_config: Config of the network.
        config: The whole config; None for a checkpoint.
        known: Facts by name, as JSON holds them.
    """

    title: str
    network: nn.Module
    network_config: Mapping[str, Any]
    config: Mapping[str, Any] | None
    known: dict[str, Any]


def find_subject(text: str, overrides: Mapping[str, Any] | None = None) -> Subject:
    """Return what a text stands for.

    Args:
        text: Path of a config or a checkpoint; or the name of a published network, of a method of
            the catalog (its first config), or of a config of the catalog.
        overrides: Values of a config by dotted key.

    Raises:
        RestoreKitError: If there is no such thing, or it cannot be used.
    """
    path = Path(text)
    if path.suffix in _CONFIG_SUFFIXES:
        return _of_config(path, overrides)
    if not (path.suffix or path.name != text or path.is_file()):
        named = _catalogued(text)
        if named is not None:
            return _of_config(named, overrides)
    if overrides:
        raise ConfigError(f"--cfg-options changes a config, and {text} is a checkpoint.")
    return _of_checkpoint(text)


def _catalogued(name: str) -> Path | None:
    """Return the config that a name of the catalog stands for; None for a published network.

    Raises:
        UnknownNameError: If it is neither.
    """
    from restorekit.catalog import all_methods
    from restorekit.engine.config import shipped_config
    from restorekit.hub import published_models

    if name in published_models():
        return None
    methods = all_methods()
    paths = {method: one.configs[0].path for method, one in methods.items()}
    paths |= {config.name: config.path for one in methods.values() for config in one.configs}
    if name not in paths and name.lower() not in paths:
        close = did_you_mean(name.lower(), [*published_models(), *paths])
        raise UnknownNameError(
            f"{name!r} is neither a file, nor a published network, nor a method or config of the "
            f"catalog.{close} `restorekit list models` shows the names."
        )
    return shipped_config(paths.get(name) or paths[name.lower()])


def _of_config(path: Path, overrides: Mapping[str, Any] | None) -> Subject:
    from restorekit.archs.sizing import with_padding
    from restorekit.engine.config import load_config
    from restorekit.fast import accelerate
    from restorekit.registry import MODELS

    config = load_config(path, overrides)
    network_config = (config.get("model") or {}).get("network")
    if network_config is None:
        raise ConfigError(f"{path} has no model.network.")
    network = with_padding(accelerate(MODELS.build(network_config).eval()))
    known: dict[str, Any] = {"config": str(path)}
    method, listed = _listed(path)
    known |= _of_catalog(method or _method_of(network_config), listed)
    return Subject(f"{network_config['type']}, {path}", network, network_config, config, known)


def _of_checkpoint(text: str) -> Subject:
    from msgspec import to_builtins

    from restorekit.checkpoints import load_network
    from restorekit.checkpoints.network_file import read_network_file
    from restorekit.hub import locate, published_models
    from restorekit.io.files import sha256

    path = locate(text)
    network = load_network(path)
    _, meta = read_network_file(path)
    known: dict[str, Any] = {
        "checkpoint": str(path),
        "size": path.stat().st_size,
        "sha256": sha256(path),
    }
    published = published_models().get(text)
    if published is not None and str(path) != text:
        known["published"] = to_builtins(published)
    known |= _training_of(meta)
    known |= _of_catalog(_method_of(meta["network"]), None)
    title = f"{meta['network']['type']}, {text}"
    return Subject(title, network, meta["network"], None, known)


def _training_of(meta: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a checkpoint says of its training, without what it does not say."""
    from restorekit.leaks.records import leak_records

    training = {**meta, **(meta.get("training") or {})}
    found = {
        "trained_on": meta.get("trained_on") or _trained_on(meta.get("dataset_meta") or {}),
        "licence": meta.get("licence"),
        "recipe": meta.get("recipe"),
        "epochs": training.get("epoch"),
        "iterations": training.get("iter"),
        "seed": meta.get("seed"),
        "converted_from": meta.get("converted_from"),
        "measured": meta.get("measured"),
        "leaks": [
            {"train_set": record["train_set"], "test_images": len(record["images"])}
            for record in leak_records(meta)
        ],
        "excluded_leaks": len(meta.get("excluded_leaks") or []),
    }
    return {key: value for key, value in found.items() if value not in (None, "", [], 0)}


def _trained_on(dataset: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what a training checkpoint says of its images, as published networks say it."""
    name = dataset.get("dataset_name") or dataset.get("name") or dataset.get("source")
    if not name:
        return []
    images = dataset.get("num_images")
    return [{"name": str(name), **({"images": images} if images else {})}]


def _listed(path: Path) -> tuple[Method | None, MethodConfig | None]:
    """Return the config of the catalog that a path is, and its method."""
    from restorekit.catalog import all_methods

    file = path.resolve().as_posix()
    for method in all_methods().values():
        for config in method.configs:
            if file.endswith(f"/{config.path}"):
                return method, config
    return None, None


def _method_of(network: Mapping[str, Any]) -> Method | None:
    """Return the method whose code a network's class is in."""
    from restorekit.catalog import all_methods
    from restorekit.registry import MODELS

    module = str(getattr(MODELS.get(network["type"]), "__module__", "")).replace(".", "/")
    for method in all_methods().values():
        code = method.code.removesuffix(".py").rstrip("/")
        if module == code or module.startswith(f"{code}/"):
            return method
    return None


def _of_catalog(method: Method | None, config: MethodConfig | None) -> dict[str, Any]:
    from restorekit.catalog import get_dataset
    from restorekit.cli.methods import published_of

    known: dict[str, Any] = {}
    if method is not None:
        names: Sequence[str] = ("name", "paper", "venue", "year", "url", "code", "released_code")
        known["method"] = {name: getattr(method, name) for name in names}
    if config is not None:
        dataset = get_dataset(config.dataset)
        known["trained_on"] = [{"name": dataset.title, "licence": dataset.licence}]
        known["recipe"] = config.recipe
        known["published_numbers"] = published_of(config)
    return known


def known_lines(known: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a label and a text for each fact that is known."""
    method = known.get("method")
    if method:
        yield "method", f"{method['name']}, {method['venue']} {method['year']}"
        yield "paper", f"{method['paper']}, {method['url']}"
        yield "code", f"{method['code']}; the authors': {method['released_code']}"
    published = known.get("published") or {}
    if published:
        yield "published network", published["summary"]
    if "checkpoint" in known:
        yield "file", f"{known['checkpoint']}, {known['size'] / 1e6:.1f} MB"
        yield "sha256", known["sha256"]
    for key in ("licence", "recipe"):
        value = known.get(key) or published.get(key)
        if value:
            yield key, str(value)
    for data in known.get("trained_on") or published.get("trained_on") or []:
        images = f", {data['images']:,} images" if data.get("images") else ""
        terms = data.get("licence") or ", ".join(data.get("licences") or ())
        yield "trained on", f"{data['name']}{images}{f' ({terms})' if terms else ''}"
    for key in ("epochs", "iterations", "seed"):
        if key in known:
            yield key, f"{known[key]:,}"
    if "converted_from" in known:
        origin = known["converted_from"]
        yield "converted from", f"{origin.get('file')}, format {origin.get('format')}"
    for leak in known.get("leaks", ()):
        yield "leak", f"{leak['test_images']} test images show what {leak['train_set']} shows"
    if "excluded_leaks" in known:
        yield "left out", f"{known['excluded_leaks']} training images that test images show"
    for number in known.get("published_numbers", ()):
        values = {k: v for k, v in number.items() if k not in ("dataset", "protocol", "source")}
        shown = ", ".join(f"{key.upper()} {value}" for key, value in values.items())
        protocol = number["protocol"] or "protocol not stated"
        yield "published", f"{number['dataset']}: {shown} ({protocol}; {number['source']})"
    for one in known.get("measured") or published.get("measured") or []:
        restored = [f"{key.upper()} {value:.4g}" for key, value in one["restored"].items()]
        protocol = f" ({one['protocol']})" if one.get("protocol") else ""
        yield "measured", f"{one['data']}: {', '.join(restored)}{protocol}"
