"""The plot of ``python -m benchmarks networks``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.network_options import FAST, PLAIN
from restorekit.io.files import atomic_path

PICTURES = (".svg", ".pdf", ".png")
# Okabe and Ito's colours, which people with any colour vision tell apart.
_BLUE, _ORANGE = "#0072B2", "#E69F00"


def draw(file: str, networks: Mapping[str, Mapping[str, Any]]) -> None:
    """Draw time and memory a megapixel of each network, plain and accelerated.

    Args:
        file: Picture to write, ``.svg``, ``.pdf`` or ``.png``.
        networks: What was measured, by name.
    """
    from matplotlib.figure import Figure

    ordered = sorted(networks, key=lambda name: -float(networks[name][FAST]["seconds"]))
    figure = Figure(figsize=(8, 0.28 * len(ordered) + 1.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for panel, quantity, scale, label in (
        (panels[0], "seconds", 1, "seconds a megapixel"),
        (panels[1], "memory_mb", 1024, "GB a megapixel"),
    ):
        for row, name in enumerate(ordered):
            plain, fast = (networks[name][one][quantity] / scale for one in (PLAIN, FAST))
            panel.plot([plain, fast], [row, row], color="0.7", zorder=1)
            panel.scatter([plain], [row], color=_ORANGE, label=PLAIN if row == 0 else "", zorder=2)
            panel.scatter([fast], [row], color=_BLUE, label=FAST if row == 0 else "", zorder=3)
        panel.set_xscale("log")
        panel.set_xlabel(label)
        panel.grid(axis="x", color="0.9")
        panel.set_axisbelow(True)
    panels[0].set_yticks(range(len(ordered)), ordered)
    panels[0].legend(frameon=False, loc="lower left")
    with atomic_path(Path(file)) as temporary:
        figure.savefig(temporary, dpi=150)
