"""Show what is registered: networks, losses, datasets, hooks, ... and the protocols.

`restorekit list models` shows the methods first: papers, sizes, recipes, published numbers, and
which checkpoints of their authors can be converted; `restorekit list models NAME` one of them.
`restorekit list models --published` shows the trained networks that `--model NAME` takes.
"""

from __future__ import annotations

import argparse
import inspect
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from restorekit.cli.arguments import add_plugin, load_plugins
from restorekit.cli.methods import known_methods, method_as_json, method_tables
from restorekit.errors import ConfigError, UnknownNameError, did_you_mean


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit list``."""
    parser.add_argument(
        "group",
        nargs="?",
        help="models, datasets, transforms, samplers, metrics, measures, hooks, loops, "
        "optim_wrappers or protocols (default: how many there are of each)",
    )
    parser.add_argument("method", nargs="?", help="with models: the one method to show")
    parser.add_argument(
        "--published", action="store_true", help="with models: the trained networks, by name"
    )
    add_plugin(parser, "things")
    parser.add_argument("--json", metavar="F", help="file for the same as JSON")


def run(args: argparse.Namespace) -> None:
    """Show one group, or how large each is.

    Raises:
        UnknownNameError: If there is no such group or method.
    """
    load_plugins(args)
    groups = group_names()
    if args.group is not None and args.group not in groups:
        raise UnknownNameError(
            f"{args.group!r} is not a group.{did_you_mean(args.group, groups)} The groups are "
            f"{', '.join(groups)}."
        )
    if args.method is not None and args.group != "models":
        raise UnknownNameError(
            f"{args.method!r}: only models have methods; `restorekit list models {args.method}`."
        )
    if args.published:
        if args.group != "models":
            raise ConfigError("--published is for models: `restorekit list models --published`.")
        _show_published(args.method, args.json)
        return
    if args.json:
        _write_json(args.json, groups if args.group is None else [args.group], args.method)
    if args.group is None:
        sys.stdout.write(_table([_summary(group) for group in groups]))
    elif args.method is not None:
        sys.stdout.write(method_tables(known_methods(args.method)))
    elif args.group == "models":
        sys.stdout.write(
            f"{method_tables(known_methods())}\nRegistered in models:\n\n"
            f"{_table(members('models'))}"
        )
    else:
        sys.stdout.write(_table(members(args.group)))


def _show_published(name: str | None, json_file: str | None) -> None:
    """Show the trained networks by name, or one of them with all that its index says."""
    from msgspec import to_builtins

    from restorekit.hub import published_models
    from restorekit.hub.index import find
    from restorekit.hub.locate import path_of
    from restorekit.io.files import write_json
    from restorekit.io.terminal import text_table

    models = published_models().values() if name is None else [find(name)]
    if json_file:
        write_json(json_file, {model.name: to_builtins(model) for model in models})
    rows = [
        (
            *(model.name, model.network["type"], f"{model.parameters:,}"),
            f"{model.size / 1e6:.1f} MB",
            "here" if path_of(model).is_file() else "to fetch",
            *(model.licence, model.summary),
        )
        for model in models
    ]
    columns = ("name", "network", "parameters", "size", "", "licence", "")
    sys.stdout.write(text_table(columns, rows, (2, 3)))
    trained_on = [
        (
            *(model.name, data.name, f"{data.images:,}"),
            _some([f"{licence} ({number})" for licence, number in data.licences.items()]),
        )
        for model in models
        for data in model.trained_on
    ]
    columns_of_data = ("trained on", "data", "images", "licences")
    sys.stdout.write("\n" + text_table(columns_of_data, trained_on, (2,)))
    measured = [
        (
            model.name,
            one.data,
            one.protocol,
            key.upper(),
            f"{one.input[key]:.4g}" if key in one.input else "–",
            f"{value:.4g}",
        )
        for model in models
        for one in model.measured
        for key, value in one.restored.items()
    ]
    if measured:
        header = ("measured", "images", "protocol", "", "input", "restored")
        sys.stdout.write("\n" + text_table(header, measured, (4, 5)))


def _some(texts: Sequence[str]) -> str:
    """Return the first three, and how many more there are."""
    more = f" and {len(texts) - 3} more" if len(texts) > 3 else ""
    return ", ".join(texts[:3]) + more


def group_names() -> list[str]:
    """Return what can be listed."""
    from restorekit.registry import ALL_REGISTRIES

    return [*ALL_REGISTRIES, "protocols"]


def members(group: str) -> list[tuple[str, str, str]]:
    """Return name, origin and description of everything in ``group``.

    Ours come first, then those of plugins, then mmengine's; each part by name. Protocols
    are values, not classes, and do not know their origin.
    """
    if group == "protocols":
        return [(name, "", text) for name, text in _protocols().items()]
    rows = [(name, _origin(member), _description(member)) for name, member in _find(group).items()]
    order = {"restorekit": 0, "mmengine": 2, "mmcv": 3}
    return sorted(rows, key=lambda row: (order.get(row[1], 1), row[1], row[0]))


def _write_json(path: str, groups: Sequence[str], method: str | None) -> None:
    """Write each group's names; of models, or of one method, also what the catalog knows."""
    from restorekit.io.files import write_json

    content: dict[str, Any] = {}
    if method is None:
        keys = ("name", "origin", "description")
        content = {
            group: [dict(zip(keys, row, strict=True)) for row in members(group)] for group in groups
        }
    if "models" in groups:
        content["methods"] = [method_as_json(one) for one in known_methods(method)]
    write_json(path, content)


def _protocols() -> dict[str, str]:
    """Return the description of each protocol by its name."""
    from restorekit.metrics.protocols import PROTOCOLS
    from restorekit.plugins import load_installed_plugins

    load_installed_plugins()
    return {name: str(protocol) for name, protocol in PROTOCOLS.items()}


def _find(group: str) -> dict[str, Any]:
    """Return what is registered in ``group`` by its name."""
    # mmengine registers its own classes when their modules are imported; this is all of them.
    import mmengine.runner  # noqa: F401

    from restorekit.registry import ALL_REGISTRIES

    registry = ALL_REGISTRIES[group]
    return {name: registry.get(name) for name in registry.names()}


def _is_measure(member: Any) -> bool:
    from restorekit.metrics.measures import Measure

    return isinstance(member, type) and issubclass(member, Measure) and hasattr(member, "name")


def _description(member: Any) -> str:
    """Return the first paragraph of a docstring, on one line, and what a measure says of itself."""
    paragraph = (inspect.getdoc(member) or "").split("\n\n", 1)[0]
    text = " ".join(paragraph.split())
    if not _is_measure(member):
        return text
    unit = f" in {member.unit}" if member.unit else ""
    best = "higher" if member.higher_is_better else "lower"
    reference = "compares with" if member.needs_gt else "needs no"
    variants = f"; variants {', '.join(member.variants)}" if member.variants else ""
    return (
        f"{member.name}: {text} {member.label}{unit}, {best} is better; {reference} clean images"
        f"{variants}."
    )


def _origin(member: Any) -> str:
    """Return the package that ``member`` is from, or the file of a plugin."""
    module = inspect.getmodule(member)
    if module is None:
        return "?"
    package = module.__name__.split(".", 1)[0]
    return str(module.__file__) if package.startswith("restorekit_plugin_") else package


def _summary(group: str) -> tuple[str, str, str]:
    rows = members(group)
    origins = Counter(origin for _, origin, _ in rows if origin)
    return group, str(len(rows)), ", ".join(f"{n} of {origin}" for origin, n in origins.items())


def _table(rows: Sequence[tuple[str, str, str]]) -> str:
    """Lay the columns out below each other; an empty one takes no room."""
    widths = [max((len(row[i]) for row in rows), default=0) for i in (0, 1)]
    lines = []
    for row in rows:
        cells = [row[i].ljust(widths[i]) for i in (0, 1) if widths[i]]
        lines.append("  ".join([*cells, row[2]]).rstrip() + "\n")
    return "".join(lines)
