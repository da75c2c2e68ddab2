"""Results files as a matrix: what networks were trained on against what they were tested on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restorekit.certificate import read_certificate
from restorekit.errors import RestoreKitError
from restorekit.evaluation.folder import name_of_folder
from restorekit.evaluation.results import RAINY_INPUT, read_results
from restorekit.metrics.measures import Measure
from restorekit.metrics.plan import mean
from restorekit.metrics.protocols import Protocol

#: Stands for training images of which nothing is recorded.
UNKNOWN = "not recorded"

Row = tuple[str, str]


@dataclass(frozen=True)
class Matrix:
    """Means by what was trained and where it was tested.

    Attributes:
        measure: What was measured.
        protocol: Name of the protocol.
        rows: Method and training set, the rainy input last.
        columns: Fingerprint of a test set to its name with version and number of images.
        means: Row and fingerprint to the mean of each results file: several ones are trainings
            with other seeds.
        left_out: Why results files are not in it.
    """

    measure: Measure
    protocol: str
    rows: tuple[Row, ...]
    columns: Mapping[str, str]
    means: Mapping[tuple[Row, str], list[float]]
    left_out: tuple[str, ...] = ()

    def value(self, row: Row, column: str) -> float | None:
        """Return the mean of a cell over its results files, or None if it is empty."""
        found = self.means.get((row, column))
        return mean(found) if found else None


def read_matrix(given: Sequence[str], protocol: Protocol, measure: Measure) -> Matrix:
    """Read results files.

    Args:
        given: ``FILE`` or ``TRAINING_SET=FILE``. Without a name, the certificate of the training
            (``run.json`` in the file's folder or the one above) names the training set.
        protocol: The protocol.
        measure: The measure under it.

    Raises:
        DataError: If a file cannot be read.
    """
    means: dict[tuple[Row, str], list[float]] = {}
    columns: dict[str, str] = {}
    left_out = []
    for argument in given:
        named, file = _split(argument)
        results = read_results(file)
        quantity = results.measures.get(f"{measure.name}/{protocol.name}")
        if quantity is None:
            known = ", ".join(results.measures) or "nothing"
            left_out.append(
                f"{file} is left out: it has {known}, not {measure.name}/{protocol.name}."
            )
            continue
        row = (results.method, "" if results.method == RAINY_INPUT else named or _trained_on(file))
        dataset = results.dataset
        version = f" ({dataset.version})" if dataset.version else ""
        columns[dataset.fingerprint] = f"{dataset.name}{version}, {dataset.num_images} images"
        own = means.setdefault((row, dataset.fingerprint), [])
        # The same input is measured with every network.
        if results.method != RAINY_INPUT or not own:
            own.append(quantity.mean)
    rows = sorted(dict.fromkeys(row for row, _ in means), key=lambda row: row[0] == RAINY_INPUT)
    return Matrix(measure, protocol.name, tuple(rows), columns, means, tuple(left_out))


def _split(argument: str) -> tuple[str, Path]:
    """Return the name and the file; a file's name may contain ``=``, too."""
    name, _, file = argument.partition("=")
    if Path(argument).is_file() or not file:
        return "", Path(argument)
    return name, Path(file)


def _trained_on(file: Path) -> str:
    """Return the training set of the certificate in the folder of a results file, or above."""
    for folder in (file.resolve().parent, file.resolve().parent.parent):
        try:
            certificate = read_certificate(folder)
        except RestoreKitError:
            continue
        # The location of pairs is that of both images.
        names = (
            one.dataset or name_of_folder(one.location.partition(" and ")[0])
            for one in certificate.training
        )
        return ", ".join(dict.fromkeys(names)) or UNKNOWN
    return UNKNOWN
