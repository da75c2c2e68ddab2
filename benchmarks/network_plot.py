"""The plot of ``python -m benchmarks networks``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchmarks.network_options import FAST, PLAIN
from restorekit.figures import DOUBLE_COLUMN, save
from restorekit.figures.style import COLORS, new_figure, style

_BLUE, _ORANGE = COLORS[0], COLORS[4]
#: Height of a network's line, and of the axis below the lines, in millimetres.
_LINE, _AXIS = 4.0, 16.0


def draw(file: str, networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw time and memory a megapixel of each network, plain and accelerated.

    Args:
        file: Picture to write, ``.svg``, ``.pdf`` or ``.png``.
        networks: What was measured, by name.
    """
    ordered = sorted(networks, key=lambda name: -float(networks[name][FAST]["seconds"]))
    with style():
        figure = new_figure(DOUBLE_COLUMN, _LINE * len(ordered) + _AXIS)
        figure.set_layout_engine("constrained")
        panels = figure.subplots(1, 2, sharey=True)
        for panel, quantity, scale, label in (
            (panels[0], "seconds", 1, "seconds a megapixel"),
            (panels[1], "memory_mb", 1024, "GB a megapixel"),
        ):
            for row, name in enumerate(ordered):
                plain, fast = (networks[name][one][quantity] / scale for one in (PLAIN, FAST))
                label_of = {PLAIN: PLAIN, FAST: FAST} if row == 0 else {PLAIN: "", FAST: ""}
                panel.plot([plain, fast], [row, row], color="0.7", zorder=1)
                panel.scatter([plain], [row], s=12, color=_ORANGE, label=label_of[PLAIN], zorder=2)
                panel.scatter([fast], [row], s=12, color=_BLUE, label=label_of[FAST], zorder=3)
            panel.set_xscale("log")
            panel.set_xlabel(label)
            panel.grid(False, axis="y")
        panels[0].set_yticks(range(len(ordered)), ordered)
        panels[0].legend(loc="lower left")
    save(figure, file)
