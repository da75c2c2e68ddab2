"""A whole study as one report."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from restorekit.leaderboard import Report, report_markdown, write_report
from restorekit.leaderboard.render.report import Chapter

from ..find import study_files
from ..places import ROOT, Job
from ..records import FULL, Study
from .evidence import find_evidence
from .figures import Sources, draw_figure
from .layout import chapter
from .notes import explanation
from .numbers import csv_rows
from .panel import Panel, make_panel


@dataclass(frozen=True)
class Drawing:
    """A drawn study.

    Attributes:
        study: The study at its scale.
        panels: Its tables, one for each of their test sets.
        report: Everything, laid out.
        stem: Name of its files without their suffix: that of the study, with the id of the part
            that is drawn alone.
        unfitting: Sentences about given results files that fill no cell.
        unreadable: Sentences about results files of runs that cannot be used, with the remedy.
    """

    study: Study
    panels: tuple[Panel, ...]
    report: Report
    stem: str
    unfitting: tuple[str, ...]
    unreadable: tuple[str, ...]

    def markdown(self) -> str:
        """Return the report as Markdown."""
        return report_markdown(self.report)

    def write(self, folder: Path) -> list[Path]:
        """Write ``<stem>.md``, ``.csv``, ``.tex`` and ``.html``, and return their paths."""
        return write_report(folder, self.stem, self.report, csv_rows(self.panels))


def draw_study(
    study: Study,
    root: Path = ROOT,
    results: Sequence[str | Path] = (),
    folder: Path | None = None,
    *,
    parts: Collection[str] | None = None,
) -> Drawing:
    """Draw a study from the results of its own runs and from given files.

    Args:
        study: The study at its scale; see :meth:`~restorekit.studies.Study.at_scale`.
        root: Folder of all studies.
        results: Results files, and folders that are searched for them. They take the place of
            the study's own runs in the cells that they fit: by method, test set and protocol.
            Restored images are those in the folder with the file's name without ``.json``.
        folder: Where the figures are written; None draws none.
        parts: Ids of the tables and figures to draw; by default all.

    Raises:
        DataError: If a given results file cannot be used, or some cannot be shown in one table.
    """
    drawn = [id_ for id_ in study.parts if parts is None or id_ in parts]
    evidence = find_evidence(study, root, results)
    panels = [
        [
            make_panel(study, evidence, table, column, run_command(study, root, table.id))
            for column in range(len(table.columns))
        ]
        for table in study.tables.values()
        if table.id in drawn
    ]
    chapters = [chapter(own) for own in panels]
    if folder is not None:
        sources = Sources(study, root, evidence)
        chapters += [
            draw_figure(sources, figure, folder, run_command(study, root, figure.id))
            for figure in study.figures.values()
            if figure.id in drawn
        ]
    shown = {run for id_ in drawn for run in study.parts[id_].runs}
    unreadable = tuple(
        f"{one.reason} `{run_command(study, root, job=one.job)}` tests {one.job} again."
        for one in evidence.unreadable
        if one.job.run.name in shown
    )
    if evidence.unfitting:
        chapters.append(Chapter("Results files that fill no cell", notes=evidence.unfitting))
    if unreadable:
        chapters.append(Chapter("Results files that cannot be used", notes=unreadable))
    about = study.about if study.scale == FULL else study.scales[study.scale].about
    scale = "" if study.scale == FULL else f" At the scale {study.scale}: {about}"
    flat = tuple(panel for own in panels for panel in own)
    report = Report(
        study.title,
        f"{study.about}{scale}".strip(),
        tuple(chapters),
        tuple(explanation(flat)),
    )
    stem = "_".join([study.name, *(() if parts is None else drawn)])
    return Drawing(study, flat, report, stem, evidence.unfitting, unreadable)


def run_command(study: Study, root: Path, part: str = "", job: Job | None = None) -> str:
    """Return the command that runs what a table or figure needs, or a run with its seed."""
    known = study_files().get(study.name)
    name = study.name if known is not None and str(known) == study.file else study.file
    words = ["restorekit", "study", "run", f"{name}/{part}" if part else name]
    if job is not None:
        words += ["--run", job.run.name, "--seeds", str(job.seed)]
    if study.scale != FULL:
        words += ["--scale", study.scale]
    if root != ROOT:
        words += ["--work-dir", str(root)]
    return shlex.join(words)
