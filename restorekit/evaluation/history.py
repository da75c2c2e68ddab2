"""The table behind ``history.csv``: losses and metrics over a training."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from restorekit.errors import DataError
from restorekit.io.files import write_text

Row = dict[str, str]
#: Iteration (or epoch) and value.
Point = tuple[int, float]
_COUNTS = ("iter", "epoch", "phase")
_FIRST = (*_COUNTS, "lr", "loss")


def read_history(path: str | os.PathLike[str]) -> list[Row]:
    """Return the rows of ``path``; none if there is no such file.

    A kill may have cut off the last line, which then does not end: it is left out.

    Raises:
        DataError: If the file is no history, so that it is not overwritten by one.
    """
    file = Path(path)
    if not file.exists():
        return []
    with file.open(newline="", encoding="utf-8") as stream:
        text = stream.read()
    rows = list(csv.DictReader(io.StringIO(text), restval=""))
    for number, row in enumerate(rows, start=2):
        if not (row.get("iter") or "").isdigit():
            raise DataError(
                f"{file}, line {number}: the column 'iter' must hold a whole number, not "
                f"{row.get('iter')!r}; move the file away to start a new history."
            )
    return rows if text.endswith("\n") else rows[:-1]


def columns_of(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """Return the columns of a table with these rows."""
    present = {key: None for row in rows for key in row}
    columns = [key for key in _FIRST if key in present]
    return columns + [key for key in present if key not in _FIRST]


def append_row(
    path: str | os.PathLike[str], columns: Sequence[str], row: Mapping[str, str]
) -> None:
    """Add a row to the table of a file, onto the disk."""
    with Path(path).open("a", newline="", encoding="utf-8") as stream:
        csv.DictWriter(stream, columns, restval="", lineterminator="\n").writerow(row)
        stream.flush()
        os.fsync(stream.fileno())


def write_history(path: str | os.PathLike[str], rows: Sequence[Mapping[str, str]]) -> None:
    """Write ``rows`` as CSV, atomically; a key that a row lacks is an empty field."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns_of(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_text(path, text.getvalue())


def series(rows: Sequence[Mapping[str, str]], x: str = "iter") -> dict[str, list[Point]]:
    """Return the values of each key over a training.

    A loss has its values from the ``train`` rows; those of the validation are means of the same.

    Args:
        rows: The table.
        x: What is counted, ``iter`` or ``epoch``. A row that lacks it gives no value.

    Returns:
        Key, such as ``loss`` or ``psnr/rgb_u8``, to points in the order of the rows.
    """
    trained = {
        key for row in rows if row["phase"] == "train" for key, value in row.items() if value
    }
    found: dict[str, list[Point]] = {}
    for row in rows:
        for key, value in row.items():
            known = row["phase"] == "train" or (key not in trained and key != "loss")
            if value and row.get(x) and known and key not in _COUNTS:
                found.setdefault(key, []).append((int(row[x]), float(value)))
    return found
