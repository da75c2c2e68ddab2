"""The numbers of a study's tables as rows for programs, in full."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from .panel import Panel, PanelRow

HEADING = (
    *("study", "scale", "table", "column", "test_set", "row", "method", "protocol", "measure"),
    *("published", "comparable", "mean", "low", "high", "spread_over_trainings", "gap"),
    *(
        "against",
        "difference",
        "p_images",
        "p_images_and_trainings",
        "trainings",
        "planned",
        "images",
        "command",
    ),
)


def csv_rows(panels: Sequence[Panel]) -> list[Sequence[Any]]:
    """Return the heading and a row for each measure of each cell; unknown values are None."""
    rows = (
        _row(panel, one, measure)
        for panel in panels
        for one in panel.rows
        for measure in panel.table.measures
    )
    return [HEADING, *([row.get(key) for key in HEADING] for row in rows)]


def _row(panel: Panel, one: PanelRow, measure: str) -> dict[str, Any]:
    table, study = panel.table, panel.study
    column = table.columns[panel.column]
    printed = None if one.published is None else one.published.printed.get(measure)
    content: dict[str, Any] = {
        "study": study.name,
        "scale": study.scale,
        "table": table.id,
        "column": column,
        "test_set": table.test_set(column),
        "row": one.row.label,
        "method": one.row.published,
        "protocol": table.protocol or None,
        "measure": measure,
        # As printed: a decimal keeps its zeros.
        "published": None if printed is None else Decimal(printed),
        "comparable": panel.comparable if printed is not None else None,
        "trainings": len(one.found.results),
        "planned": one.found.expected,
    }
    if not one.measured:
        return content | {"command": panel.command if one.found.expected else None}
    measured = one.measured[measure]
    low, high = measured.interval or (None, None)
    content |= {
        "mean": measured.mean,
        "low": low,
        "high": high,
        "spread_over_trainings": measured.spread,
        "images": len(measured.images),
    }
    if panel.comparable and printed is not None:
        content["gap"] = measured.mean - float(printed)
    if one.against is not None and panel.reference is not None and measure == panel.deciding:
        content["against"] = panel.rows[panel.reference].row.label
        content["difference"] = one.against.difference
        content["p_images"] = one.against.p_value
        content["p_images_and_trainings"] = one.p_over_both
    return content
