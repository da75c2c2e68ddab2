"""Figures of a study: methods side by side, curves of trainings, and failures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from restorekit.catalog import get_dataset
from restorekit.engine.config import load_config
from restorekit.errors import RestoreKitError
from restorekit.evaluation.history import read_history, series
from restorekit.figures import Comparison, compare, curves, save
from restorekit.figures.boxes import parse_box
from restorekit.figures.comparison import DEFAULT_PROTOCOL
from restorekit.figures.style import DOUBLE_COLUMN
from restorekit.leaderboard.render.report import Chapter
from restorekit.leaderboard.render.report import Figure as ReportFigure

from ..places import Job, jobs_of
from ..records import FULL, OWN, Figure, Study
from .evidence import Evidence
from .measured import trainings_in_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Drawn

_SUFFIXES = (".png", ".svg", ".pdf")


@dataclass(frozen=True)
class Restored:
    """The restored images of one training of a run.

    Attributes:
        folder: Their folder.
        seed: The seed of the training; None if it is not known.
    """

    folder: Path
    seed: int | None


@dataclass(frozen=True)
class Sources:
    """Where a study's figures take their data from.

    Attributes:
        study: The study at its scale.
        root: Folder of all studies.
        evidence: The results files that fill its tables.
    """

    study: Study
    root: Path
    evidence: Evidence

    def jobs(self, run: str) -> list[Job]:
        """Return the trainings of a run."""
        return jobs_of(self.study, self.root, runs=[run])

    def restored(self, run: str, test_set: str) -> Restored | None:
        """Return where a run's restored images are, or None without any.

        That is the folder of a given results file (its name without ``.json``), or that of the
        run's first training.
        """
        for slot, found in self.evidence.found.items():
            table = self.study.tables[slot.table]
            shown = table.test_set(table.columns[slot.column]) == test_set
            if found.given and shown and table.rows[slot.row].run_of(slot.column) == run:
                for source, results in found.results.items():
                    beside = Path(source).with_suffix("")
                    if beside.is_dir():
                        return Restored(beside, results.seed)
        job = self.jobs(run)[0]
        folder = job.restored(test_set)
        return Restored(folder, job.seed) if folder.is_dir() else None

    def test_images(self, run: str, test_set: str) -> dict[str, Path]:
        """Return the folders of a test set that are there: ``lq``, and ``gt`` of clean images."""
        config = self.jobs(run)[0].config
        if test_set != OWN:
            place = Path("data", get_dataset(test_set).folder, "test")
        elif config.is_file():
            dataset = load_config(config).test_dataloader.dataset
            place = Path(dataset.data_root, dataset.get("split", "test"))
        else:
            return {}
        return {name: place / name for name in ("gt", "lq") if (place / name).is_dir()}


def draw_figure(sources: Sources, figure: Figure, folder: Path, command: str) -> Chapter:
    """Draw a figure, write it as PNG, SVG and PDF, and return its chapter.

    Args:
        sources: Where the data is.
        figure: The figure.
        folder: Where its files go.
        command: The command that brings what is missing.
    """
    title = f"{figure.number}: {figure.title}" if figure.number else figure.title
    labels = labels_of(sources.study, figure)
    try:
        if figure.kind == "curves":
            drawn, caption, missing = _curves(sources, figure, labels)
        else:
            drawn, caption, missing = _images(sources, figure, labels)
    except RestoreKitError as error:
        return Chapter(title, notes=(f"Not drawn: {error}",))
    notes = []
    if missing:
        listed = ", ".join(labels[run] for run in missing)
        what = "everything" if len(missing) == len(labels) else listed
        notes.append(f"Not there yet: {what}. `{command}` trains and tests what is missing.")
    if drawn is None:
        return Chapter(title, notes=tuple(notes))
    stem = f"{sources.study.name}_{figure.id}"
    files = save(drawn, *(folder / f"{stem}{suffix}" for suffix in _SUFFIXES))
    png = files[0].read_bytes()
    shown = ReportFigure(f"{title}. {caption}", png, tuple(file.name for file in files))
    return Chapter(title, figures=(shown,), notes=tuple(notes))


def labels_of(study: Study, figure: Figure) -> dict[str, str]:
    """Return the name of each run: the figure's label for it, or else that of its method.

    The method is the run's label, that of its first row in a table, or the run's own name.
    """
    if figure.labels:
        return dict(zip(figure.runs, figure.labels, strict=True))
    methods: dict[str, str] = {}
    for table in study.tables.values():
        for row in table.rows:
            for index in range(len(table.columns)):
                methods.setdefault(row.run_of(index) or "", row.published)
    return {run: study.runs[run].label or methods.get(run, run) for run in figure.runs}


def _curves(
    sources: Sources, figure: Figure, labels: Mapping[str, str]
) -> tuple[Drawn | None, str, list[str]]:
    """Return the drawn figure, its caption, and the runs without a history."""
    found = {
        run: [job.work_dir for job in sources.jobs(run) if _has(job.work_dir, figure.key)]
        for run in labels
    }
    missing = [run for run, folders in found.items() if not folders]
    known = {labels[run]: folders for run, folders in found.items() if folders}
    if not known:
        return None, "", missing
    counts = {len(folders) for folders in known.values()}
    band = f"; mean and standard deviation of {trainings_in_words(counts)}" if counts != {1} else ""
    caption = f"{figure.key} on the validation images{band}{_at(sources.study)}."
    return curves(known, [figure.key]), caption, missing


def _has(folder: Path, key: str) -> bool:
    """Return whether the history of a training has values of a key yet."""
    return key in series(read_history(folder / "history.csv"))


def _images(
    sources: Sources, figure: Figure, labels: Mapping[str, str]
) -> tuple[Drawn | None, str, list[str]]:
    """Return the drawn figure, its caption, and the runs without restored images."""
    test_set = figure.test_set or OWN
    found = {run: sources.restored(run, test_set) for run in labels}
    missing = [run for run, one in found.items() if one is None]
    shown = {labels[run]: one for run, one in found.items() if one is not None}
    if not shown:
        return None, "", missing
    first = next(run for run, one in found.items() if one is not None)
    places = sources.test_images(first, test_set)
    measure, _, protocol = figure.key.partition("/")
    comparison = compare(
        {label: one.folder for label, one in shown.items()},
        gt=places.get("gt"),
        lq=places.get("lq"),
        pick=figure.pick if isinstance(figure.pick, str) else list(figure.pick),
        count=figure.count,
        crops=[parse_box(figure.crop)],
        protocol=protocol or DEFAULT_PROTOCOL,
        metrics=() if protocol else (measure,),
        width=DOUBLE_COLUMN,
    )
    seeds = {label: one.seed for label, one in shown.items()}
    return comparison.figure, _caption(figure, comparison, seeds, sources.study), missing


def _caption(
    figure: Figure, comparison: Comparison, seeds: Mapping[str, int | None], study: Study
) -> str:
    picked = {
        "worst": "the worst ones",
        "best": "the best ones",
        "largest-difference": "those that differ most",
    }
    how = picked.get(figure.pick, "chosen") if isinstance(figure.pick, str) else "chosen by name"
    shown = "; ".join(
        f"{row.name}, enlarged {' and '.join(map(str, row.boxes))}" for row in comparison.rows
    )
    keys = ", ".join(comparison.plan.quantities)
    below = f" Below the images: {keys}." if keys else ""
    return f"Images ({how}{_of_seeds(seeds)}{_at(study)}): {shown}.{below}"


def _of_seeds(seeds: Mapping[str, int | None]) -> str:
    """Say which seeds the trainings of the shown images had, as far as that is known."""
    if len({*seeds.values()}) > 1:
        named = (f"seed {one} ({label})" for label, one in seeds.items() if one is not None)
        return f", trained with {', '.join(named)}"
    (seed,) = {*seeds.values()}
    return "" if seed is None else f", trained with seed {seed}"


def _at(study: Study) -> str:
    return "" if study.scale == FULL else f", at the scale {study.scale}"
