"""Read study files; the catalog completes what they leave out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from msgspec.structs import force_setattr

from restorekit.catalog import get_dataset, published_tables
from restorekit.catalog.files import read_yaml
from restorekit.errors import DataError, RestoreKitError, did_you_mean

from .records import FULL, OWN, Study, Table


def read_study(file: Path) -> Study:
    r"""Read a study file.

    Raises:
        DataError: If it cannot be read, does not fit, or names what does not exist; the message
            names the file, the key and the nearest name.

    Example:
        >>> file = Path("mine.yml")
        >>> text = "title: Mine\nruns:\n  small: {config: small.py}\nseeds: [0, 1]\n"
        >>> _ = file.write_text(text)
        >>> read_study(file).runs["small"].seeds
        (0, 1)
    """
    study = read_yaml(file, Study)
    force_setattr(study, "name", file.stem)
    force_setattr(study, "file", str(file))
    force_setattr(study, "scale", FULL)
    for name, run in study.runs.items():
        force_setattr(run, "name", name)
        force_setattr(run, "seeds", run.seeds or study.seeds)
    for id_, table in study.tables.items():
        force_setattr(table, "id", id_)
        _complete_table(study, table)
    for id_, figure in study.figures.items():
        force_setattr(figure, "id", id_)
        where = f"{file}: figures.{id_}"
        _require(f"{where}.runs", figure.runs, study.runs)
        if figure.test_set:
            _require_test_set(f"{where}.test_set", figure.test_set)
        if figure.labels and len(figure.labels) != len(figure.runs):
            raise DataError(f"{where}.labels has {len(figure.labels)} for {len(figure.runs)} runs.")
    for name, scale in study.scales.items():
        where = f"{file}: scales.{name}"
        if name == FULL:
            raise DataError(f"{where} is the name of the study as it is written: choose another.")
        _require(f"{where}.runs", scale.runs, study.runs)
        _require(f"{where}.tables", scale.tables or (), study.tables)
        _require(f"{where}.figures", scale.figures or (), study.figures)
        columns = {one for table in study.tables.values() for one in table.columns}
        _require(f"{where}.test_sets", scale.test_sets, columns)
        for column, test_set in scale.test_sets.items():
            _require_test_set(f"{where}.test_sets.{column}", test_set)
    return study


def _complete_table(study: Study, table: Table) -> None:
    """Take from the published table what the study does not say, and check the rest."""
    where = f"{study.file}: tables.{table.id}"
    methods: tuple[str, ...] = ()
    if table.published:
        known = published_tables()
        _require(f"{where}.published", [table.published], known)
        theirs = known[table.published]
        methods = tuple(theirs.rows)
        _require(f"{where}.columns", table.columns, theirs.columns)
        force_setattr(table, "columns", table.columns or theirs.columns)
        force_setattr(table, "measures", table.measures or theirs.measures)
        force_setattr(table, "protocol", table.protocol or theirs.protocol or "")
    for key in ("columns", "measures"):
        if not getattr(table, key):
            raise DataError(
                f"{where}.{key} is missing: a table without published numbers needs it."
            )
    for column in table.columns:
        _require_test_set(f"{where}.columns", table.test_set(column))
    _require(f"{where}.test_sets", table.test_sets, table.columns)
    for index, row in enumerate(table.rows):
        at = f"{where}.rows[{index}]"
        force_setattr(row, "published", row.published or row.label)
        if table.published:
            _require(f"{at}.published", [row.published], methods)
        runs = [row.runs] if isinstance(row.runs, str) else row.runs
        if not isinstance(row.runs, str) and len(runs) != len(table.columns):
            raise DataError(f"{at}.runs has {len(runs)} runs for {len(table.columns)} columns.")
        _require(f"{at}.runs", [run for run in runs if run is not None], study.runs)


def _require(key: str, names: Iterable[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise DataError(
                f"{key} names {name!r}, which does not exist.{did_you_mean(name, known)} There "
                f"{'are' if known else 'is'} {', '.join(known) or 'none'}."
            )


def _require_test_set(key: str, name: str) -> None:
    """Require ``own`` or a dataset of the catalog."""
    try:
        if name != OWN:
            get_dataset(name)
    except RestoreKitError as error:
        raise DataError(f"{key}: {error}") from error
