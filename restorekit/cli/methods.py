"""What the catalog knows of methods, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restorekit.catalog import Method, MethodConfig


def known_methods(name: str | None = None) -> list[Method]:
    """Return all methods of the catalog, or the one of a name."""
    from restorekit.catalog import all_methods, get_method

    return [*all_methods().values()] if name is None else [get_method(name)]


def method_tables(methods: Sequence[Method]) -> str:
    """Lay out methods, their configs, and what was published for them."""
    from restorekit.catalog import published_beside, published_numbers
    from restorekit.io.terminal import text_table

    published = [
        (config, number)
        for method in methods
        for config in method.configs
        for number in published_beside(config, published_numbers())
    ]
    overview = []
    for method in methods:
        used = [one.protocol for config, one in published if config in method.configs]
        overview.append(
            (
                *(method.name, method.paper, f"{method.venue} {method.year}"),
                *_size(method.configs[0]),
                *(", ".join(dict.fromkeys(filter(None, used))), method.converter),
            )
        )
    configs = [
        (config.path, *_size(config), config.recipe)
        for method in methods
        for config in method.configs
    ]
    measures = dict.fromkeys(name for _, number in published for name in number.printed)
    numbers = [
        (
            *(config.name, number.dataset, number.protocol or "not stated"),
            *(number.printed.get(name, "–") for name in measures),
            number.sources[0],
        )
        for config, number in published
    ]
    size = ("parameters", "MACs, 256×256")
    tables = (
        text_table(("method", "paper", "", *size, "protocols", "convert"), overview, (3, 4)),
        text_table(("config", *size, "recipe"), configs, (1, 2)),
        text_table(
            ("config", "dataset", "protocol", *map(str.upper, measures), "published by"),
            numbers,
            range(3, 3 + len(measures)),
        ),
    )
    return "\n".join(tables)


def _size(config: MethodConfig) -> tuple[str, str]:
    return f"{config.parameters:,}", f"{config.macs / 1e9:.2f} G"


def method_as_json(method: Method) -> dict[str, Any]:
    """Return a method with its card, and its configs with their names and published numbers."""
    from msgspec import to_builtins

    configs = [
        {
            "name": config.name,
            **to_builtins(config),
            "published": published_of(config),
        }
        for config in method.configs
    ]
    return {**to_builtins(method), "card": method.card, "configs": configs}


def published_of(config: MethodConfig) -> list[dict[str, str | None]]:
    """Return the published numbers beside a config, as spelled in their sources."""
    from restorekit.catalog import published_beside, published_numbers

    return [
        {
            "dataset": number.dataset,
            "protocol": number.protocol,
            **number.printed,
            "source": number.sources[0],
        }
        for number in published_beside(config, published_numbers())
    ]
