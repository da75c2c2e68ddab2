"""The sentences below a table of a study: protocol, sources, what is missing, what was given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from restorekit.io.files import shown_path
from restorekit.metrics.measures import find_measure

from ..records import FULL
from .panel import Panel


def notes(panels: Sequence[Panel]) -> Iterator[str]:
    """Yield the paragraphs below a table that has a panel for each test set."""
    table, command = panels[0].table, panels[0].command
    sources = {
        source: None
        for panel in panels
        for one in panel.rows
        if one.published is not None
        for source in one.published.sources
    }
    labels = " and ".join(map(partial(_qualified, panels), table.measures))
    under = f"{labels} under the protocol {table.protocol}" if table.protocol else labels
    yield f"{under}. Published in {'; '.join(sources)}." if sources else f"{under}."
    if sources and not all(panel.comparable for panel in panels):
        yield _why_no_gap(panels)
    missing = _by_panel(panels, _missing)
    if missing:
        yield f"Not measured yet: {missing}. `{command}` trains and tests what is missing."
    given = _by_panel(panels, _given)
    if given:
        yield f"From given results files: {given}."


def _qualified(panels: Sequence[Panel], measure: str) -> str:
    """Return a measure's label, with its variant where it has one."""
    variants = {
        one.measured[measure].quantity.variant: None
        for panel in panels
        for one in panel.rows
        if one.measured
    }
    named = ", ".join(filter(None, variants))
    label = find_measure(measure).label
    return f"{label} ({named})" if named else label


def _by_panel(panels: Sequence[Panel], listed: Callable[[Panel], str]) -> str:
    """Join what is listed for each panel, with its test set where there are several."""
    texts = [(panel.title, text) for panel in panels if (text := listed(panel))]
    if len(panels) == 1:
        return "".join(text for _, text in texts)
    return "; ".join(f"on {title}: {text}" for title, text in texts)


def _missing(panel: Panel) -> str:
    rows = [one for one in panel.rows if not one.found.given]
    rows = [one for one in rows if len(one.found.results) < one.found.expected]
    if len(rows) == len(panel.rows) and not any(one.found.results for one in rows):
        return "all rows"
    return ", ".join(
        f"{one.row.label} ({one.found.expected - count} of {one.found.expected} trainings)"
        if (count := len(one.found.results))
        else one.row.label
        for one in rows
    )


def _given(panel: Panel) -> str:
    return ", ".join(
        f"{one.row.label} ({', '.join(map(partial(shown_path, parts=2), one.found.results))})"
        for one in panel.rows
        if one.found.given
    )


def _why_no_gap(panels: Sequence[Panel]) -> str:
    first = panels[0]
    if first.study.scale != FULL:
        return (
            "The paper's numbers are of its own networks and images, those here of the scale "
            f"{first.study.scale}: only their order can be compared."
        )
    return "The paper's numbers are of other images, so there is no gap."


def explanation(panels: Sequence[Panel]) -> Iterator[str]:
    """Yield the sentences that readers of a study's tables need."""
    rows = [one for panel in panels for one in panel.rows if one.measured]
    if any(len(one.found.results) > 1 for one in rows):
        yield "± is the standard deviation over trainings with different seeds."
    if rows:
        yield "A 95\N{NO-BREAK SPACE}% interval is that of the mean over images (Student's t)."
    if any(panel.comparable for panel in panels):
        yield "A gap is measured minus published."
    if any(one.against is not None for one in rows):
        yield (
            "Rows are compared with the paper's best one, or without published numbers with the "
            "best one here, image by image on the means over trainings. “p, images” is Wilcoxon's "
            "signed-rank test, two-sided: it says nothing about other trainings."
        )
    if any(one.p_over_both is not None for one in rows):
        yield "“p, images and trainings” is a t-test with the variances over both."
    if any(panel.order is not None for panel in panels):
        yield (
            "In the sentences about order, a pair of rows is significant if a t-test with the "
            "variances over images and, where there are several, trainings gives p below 0.05 "
            "after Holm's correction for all pairs of the table."
        )
