"""Find studies: restorekit's own, those of installed packages, and files of yours."""

from __future__ import annotations

import os
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path

from restorekit.errors import DataError, UnknownNameError, did_you_mean

from .reading import read_study
from .records import Study

#: Names files of your own, or folders of them, separated as in PATH.
STUDIES_VARIABLE = "RESTOREKIT_STUDIES"
#: An installed package names in it a package of its own that holds study files.
STUDIES_GROUP = "restorekit.studies"


def study_files() -> dict[str, Path]:
    """Return the file of each study by name: restorekit's, installed packages', then your own.

    Raises:
        DataError: If two have the same name, or the environment names what does not exist.

    Example:
        >>> sorted(study_files())
        ['dcsfn'...]
    """
    package = Path(__file__).resolve().parent.parent
    shipped = next(
        (one for one in (package.parent / "studies", package / ".mim/studies") if one.is_dir()),
        None,
    )
    places = [shipped] if shipped else []
    places += [Path(str(files(point.value))) for point in entry_points(group=STUDIES_GROUP)]
    for text in filter(None, os.environ.get(STUDIES_VARIABLE, "").split(os.pathsep)):
        if not Path(text).exists():
            raise DataError(f"{STUDIES_VARIABLE} names {text}, which does not exist.")
        places.append(Path(text))
    found: dict[str, Path] = {}
    for place in places:
        for file in sorted(place.glob("*.yml")) if place.is_dir() else [place]:
            if found.get(file.stem, file) != file:
                raise DataError(
                    f"{file} and {found[file.stem]} are studies of one name: rename one of them."
                )
            found[file.stem] = file
    return found


def find_study(name: str) -> Study:
    """Return the study of a name or of a file.

    Args:
        name: A name, or the path of a ``.yml`` file.

    Raises:
        UnknownNameError: If there is none.
        DataError: If its file cannot be used.

    Example:
        >>> find_study("dcsfn").tables["table1"].title
        'Synthetic rain'
    """
    if name.endswith((".yml", ".yaml")):
        return read_study(Path(name))
    known = study_files()
    if name not in known:
        raise UnknownNameError(
            f"{name!r} is not a study.{did_you_mean(name, known)} There is "
            f"{', '.join(sorted(known)) or 'none'}; a file of your own is named by its path."
        )
    return read_study(known[name])
