"""The index of published weights, ``index.yml``, and your own indexes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from restorekit.catalog.files import read_yaml
from restorekit.errors import DataError, UnknownNameError, did_you_mean

#: Names further indexes: paths, separated as in PATH.
INDEX_VARIABLE = "RESTOREKIT_HUB"
#: The index that comes with the package.
SHIPPED = Path(__file__).parent / "index.yml"

Text = Annotated[str, Meta(min_length=1)]


class TrainingData(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Images that weights were trained on.

    Attributes:
        name: What they are, in a few words.
        images: How many.
        licences: Number of images under each licence.
        listing: Path or address of the list with title, author, licence and source of each.
    """

    name: Text
    images: Annotated[int, Meta(ge=1)]
    licences: dict[str, int] = {}
    listing: str = ""


class Measured(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers on one test set.

    Attributes:
        data: The images, in a few words.
        protocol: Name of the protocol, as in ``restorekit list protocols``; empty for measures
            without a clean image.
        input: Measure to its mean for the unrestored images; empty where that is infinite.
        restored: The same for the restored images.
    """

    data: Text
    protocol: str = ""
    input: dict[str, float]
    restored: dict[str, float]


class Facts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the author of weights states about them, in the network's file and in the index.

    Attributes:
        summary: What the network does, in one sentence.
        licence: Licence of the weights.
        trained_on: The training data.
        recipe: The config that it was trained with, and for how long.
        seed: Seed of the training.
        card: Page about the model.
        measured: Numbers.
    """

    summary: Text
    licence: Text
    trained_on: Annotated[list[TrainingData], Meta(min_length=1)]
    recipe: str = ""
    seed: int | None = None
    card: str = ""
    measured: list[Measured] = []


class Published(Facts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A published network: its facts, and where its file is.

    Attributes:
        name: What ``--model`` calls it.
        file: Path of the weights, relative to the index; empty where ``url`` is given.
        url: Address of the weights, ``https://`` or ``file://``; empty where ``file`` is given.
        sha256: Hash of the file, 64 hex digits.
        size: Bytes of the file.
        network: Config of the network.
        parameters: Number of its parameters.
        index: The index that names it.

    Example:
        >>> model = published_models()["derain-small"]
        >>> model.licence, model.parameters
        ('CC-BY-SA-4.0', 1000116)
    """

    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    size: Annotated[int, Meta(ge=1)]
    network: dict[str, Any]
    parameters: Annotated[int, Meta(ge=1)]
    file: str = ""
    url: str = ""
    name: str = ""
    index: str = ""


class _Index(Struct, frozen=True, forbid_unknown_fields=True):
    models: dict[str, Published]


def published_models() -> dict[str, Published]:
    """Return the published networks by name: those of the package, then your own.

    The environment variable ``RESTOREKIT_HUB`` names your own indexes.

    Raises:
        DataError: If an index cannot be read or does not fit, or if two name the same model.

    Example:
        >>> "derain-small" in published_models()
        True
    """
    models: dict[str, Published] = {}
    for index in index_files():
        for name, model in read_index(index).items():
            if name in models:
                raise DataError(
                    f"{index} names {name!r}, and so does {models[name].index}: give one of the "
                    f"two another name, or leave one index out of {INDEX_VARIABLE}."
                )
            models[name] = model
    return models


def index_files() -> list[Path]:
    """Return the index of the package, and those that ``RESTOREKIT_HUB`` names."""
    own = os.environ.get(INDEX_VARIABLE, "").split(os.pathsep)
    return [SHIPPED, *(Path(path) for path in own if path)]


def find(name: str) -> Published:
    """Return the published network of a name.

    Raises:
        UnknownNameError: If there is none.
        DataError: As :func:`published_models`.
    """
    models = published_models()
    if name not in models:
        raise UnknownNameError(
            f"{name!r} is neither a file nor a published model.{did_you_mean(name, models)} "
            f"Published are {', '.join(sorted(models)) or 'none'}; "
            "`restorekit list models --published` says more."
        )
    return models[name]


def read_index(path: Path) -> dict[str, Published]:
    """Read one index.

    Raises:
        DataError: If it cannot be read or does not fit.
    """
    models = read_yaml(path, _Index).models
    for name, model in models.items():
        if bool(model.file) == bool(model.url):
            raise DataError(
                f"{path}: {name!r} needs either file, relative to the index, or url, and has "
                f"{'both' if model.file else 'neither'}."
            )
        force_setattr(model, "name", name)
        force_setattr(model, "index", str(path))
    return models
