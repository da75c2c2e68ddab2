"""Show what is registered: networks, losses, datasets, hooks, ... and the protocols."""

from __future__ import annotations

import argparse
import inspect
import sys
from collections import Counter
from collections.abc import Sequence
from typing import Any

from restorekit.errors import UnknownNameError, did_you_mean


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``restorekit list``."""
    parser.add_argument(
        "group",
        nargs="?",
        help="models, datasets, transforms, samplers, metrics, hooks, loops, optim_wrappers or "
        "protocols (default: how many there are of each)",
    )
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        metavar="FILE",
        help="Python file that registers things of your own; repeatable",
    )


def run(args: argparse.Namespace) -> None:
    """Show one group, or how large each is.

    Raises:
        UnknownNameError: If there is no such group.
    """
    from restorekit.plugins import load_plugin_file

    for plugin in args.plugin:
        load_plugin_file(plugin)
    groups = group_names()
    if args.group is None:
        sys.stdout.write(_table([_summary(group) for group in groups]))
        return
    if args.group not in groups:
        raise UnknownNameError(
            f"{args.group!r} is not a group.{did_you_mean(args.group, groups)} The groups are "
            f"{', '.join(groups)}."
        )
    sys.stdout.write(_table(members(args.group)))


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
    rows = [(name, _origin(member), _first_line(member)) for name, member in _find(group).items()]
    order = {"restorekit": 0, "mmengine": 2, "mmcv": 3}
    return sorted(rows, key=lambda row: (order.get(row[1], 1), row[1], row[0]))


def _protocols() -> dict[str, str]:
    """Return the description of each protocol by its name."""
    from restorekit.metrics.protocols import PROTOCOLS
    from restorekit.plugins import load_installed_plugins

    load_installed_plugins()
    return {name: protocol.description for name, protocol in PROTOCOLS.items()}


def _find(group: str) -> dict[str, Any]:
    """Return what is registered in ``group`` by its name."""
    # mmengine registers its own classes when their modules are imported; this is all of them.
    import mmengine.runner  # noqa: F401

    from restorekit.registry import ALL_REGISTRIES

    registry = ALL_REGISTRIES[group]
    return {name: registry.get(name) for name in registry.names()}


def _origin(member: Any) -> str:
    """Return the package that ``member`` is from, or the file of a plugin."""
    module = inspect.getmodule(member)
    if module is None:
        return "?"
    package = module.__name__.split(".", 1)[0]
    return str(module.__file__) if package.startswith("restorekit_plugin_") else package


def _first_line(member: Any) -> str:
    """Return the first paragraph of a docstring, on one line."""
    paragraph = (inspect.getdoc(member) or "").split("\n\n", 1)[0]
    return " ".join(paragraph.split())


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
