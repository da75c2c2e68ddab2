"""The methods that restorekit implements: papers, code, configs, and what was published for them.

Each has a file in ``data/methods/``, and the records here have the form of these files. Paths are
those in the repository. Published numbers are not repeated here: a config names their tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from restorekit.errors import DataError, UnknownNameError, did_you_mean

from .dataset_records import Count, Text, Texts
from .datasets import all_datasets
from .files import FOLDER, check_names, read_yaml
from .published import Published, PublishedCost, PublishedNumbers, published_numbers


class MethodConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A config of a method.

    Attributes:
        path: Its file in the repository.
        dataset: Id of the dataset that it trains on.
        network: The network in a few words.
        parameters: Number of parameters of the network.
        macs: Multiply-accumulate operations for an image of 256×256 pixels.
        recipe: The training in a few words.
        published_as: Name in tables of published numbers; the method's name by default.
        published: Published numbers to show with it: table to test sets.

    Example:
        >>> config = get_method("ddn").configs[0]
        >>> config.name, config.parameters
        ('ddn_rain100h', 57369)
    """

    path: Text
    dataset: Text
    network: Text
    parameters: Count
    macs: Count
    recipe: Text
    published_as: str = ""
    published: dict[str, Texts] = {}

    @property
    def name(self) -> str:
        """The file's name without its suffix."""
        return Path(self.path).stem


class TestMode(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tiles in which a method's authors tested; ``test_cfg.tile`` of its configs.

    Attributes:
        size: Side of a tile in pixels; for ``corners`` the multiple that crops are cut to.
        stride: Distance between tiles; by default ``size``.
        merge: How tiles are put together; see :class:`restorekit.inference.parts.TileMode`.

    Example:
        >>> get_method("idt").test_mode.as_dict()
        {'size': 128, 'stride': 108, 'merge': 'radial'}
    """

    size: Annotated[int, Meta(ge=1)]
    stride: Annotated[int, Meta(ge=1)] | None = None
    merge: Literal["paste", "mean", "radial", "corners"] = "paste"

    def as_dict(self) -> dict[str, int | str]:
        """Return it as results files record it."""
        return {"size": self.size, "stride": self.stride or self.size, "merge": self.merge}


class ReleasedWeights(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Weights for deraining that a method's authors, or others who trained it, released.

    Attributes:
        file: Path of the file where it is released; for TensorFlow the files' common prefix.
        source: Where it comes from, in a few words.
        url: Address of the source; by default that of the authors' code.
        trained_on: The training data in a few words; empty where it is not stated.

    Example:
        >>> get_method("prenet").weights.file
        'logs/Rain100L/PReNet6/net_latest.pth'
    """

    file: Text
    source: Text
    url: str = ""
    trained_on: str = ""


class Method(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A method and its configs.

    Attributes:
        name: Name of the method.
        paper: Title of its paper.
        url: Address of the paper.
        year: Year of the paper.
        venue: Where it was published.
        code: File of the network in the repository.
        released_code: Address of the authors' code.
        converter: Name of the authors' checkpoint format in ``restorekit convert``.
        weights: Released weights for deraining; of several, those that the method's picture shows.
            None if there are none.
        configs: Its configs; the first is that of the paper.
        test_mode: The tiles that its published numbers are of; None for whole images.
        cost_note: Why published operations of its first config's network differ from those counted
            here.

    Example:
        >>> method = get_method("DCSFN")
        >>> method.year, method.venue
        (2020, 'ACM Multimedia')
    """

    name: Text
    paper: Text
    url: Text
    year: int
    venue: Text
    code: Text
    released_code: Text
    converter: Text
    weights: ReleasedWeights | None = None
    configs: Annotated[tuple[MethodConfig, ...], Meta(min_length=1)]
    test_mode: TestMode | None = None
    cost_note: str = ""

    def __post_init__(self) -> None:
        if self.weights:
            force_setattr(self.weights, "url", self.weights.url or self.released_code)
        for config in self.configs:
            force_setattr(config, "published_as", config.published_as or self.name)

    @property
    def id(self) -> str:
        """The name in lower case, as in its file here and its folder in ``configs/``."""
        return self.name.lower()

    @property
    def card(self) -> str:
        """The model card in the repository."""
        return f"configs/{self.id}/README.md"


@lru_cache
def all_methods(folder: Path = FOLDER) -> Mapping[str, Method]:
    """Return all methods by id, the oldest first.

    Args:
        folder: A folder with ``methods/``, ``published/`` and ``datasets/``; the package's own
            by default.

    Raises:
        DataError: If a file of the catalog cannot be used.

    Example:
        >>> next(iter(all_methods().values())).name
        'DDN'
    """
    methods = []
    for file in sorted((folder / "methods").glob("*.yml")):
        method = read_yaml(file, Method)
        if file.stem != method.id:
            raise DataError(f"{file}: the file of {method.name} must be called {method.id}.yml.")
        for config in method.configs:
            _check(f"{file}: {config.name}", config, folder)
        methods.append(method)
    methods.sort(key=lambda method: (method.year, method.name))
    return MappingProxyType({method.id: method for method in methods})


def get_method(name: str) -> Method:
    """Return the method with a name, in upper or lower case.

    Raises:
        UnknownNameError: If there is none.

    Example:
        >>> get_method("prenet").converter
        'prenet'
    """
    methods = all_methods()
    if name.lower() not in methods:
        raise UnknownNameError(
            f"{name!r} is not a method of the catalog.{did_you_mean(name.lower(), methods)} It "
            f"has {', '.join(method.name for method in methods.values())}."
        )
    return methods[name.lower()]


def published_beside(config: MethodConfig, numbers: PublishedNumbers) -> tuple[Published, ...]:
    """Return the published numbers that a config lists, in its order.

    Example:
        >>> from restorekit.catalog import published_numbers
        >>> config = next(c for c in get_method("ddn").configs if c.name == "ddn_rain1200")
        >>> [number.table for number in published_beside(config, published_numbers())]
        ['dcsfn-1', 'derain-toolbox']
    """
    return tuple(
        number
        for table, datasets in config.published.items()
        for dataset in datasets
        for number in numbers.table(table)
        if (number.method, number.dataset) == (config.published_as, dataset)
    )


def published_for(method: Method, numbers: PublishedNumbers) -> tuple[Published, ...]:
    """Return all published numbers of a method and its variants.

    Example:
        >>> from restorekit.catalog import published_numbers
        >>> numbers = published_for(get_method("dcsfn"), published_numbers())
        >>> [number.printed["psnr"] for number in numbers if number.table == "dcsfn-1"]
        ['28.81', '38.96', '33.19']
    """
    names = {_without_variant(config.published_as) for config in method.configs}
    return tuple(n for n in numbers.numbers if _without_variant(n.method) in names)


def published_costs(method: Method, numbers: PublishedNumbers) -> tuple[PublishedCost, ...]:
    """Return what tables give as operations of the network of a method's first config.

    Example:
        >>> from restorekit.catalog import published_numbers
        >>> costs = published_costs(get_method("dcsfn"), published_numbers())
        >>> costs[0].cost["parameters"]
        12630519.0
    """
    name = method.configs[0].published_as
    return tuple(one for one in numbers.costs if one.method == name and "gmacs_at_256" in one.cost)


def _without_variant(name: str) -> str:
    return name.partition(" (")[0]


def _check(where: str, config: MethodConfig, folder: Path) -> None:
    check_names(f"{where}: dataset", [config.dataset], all_datasets(folder))
    numbers = published_numbers(folder)
    check_names(f"{where}: published", config.published, {one.table for one in numbers.numbers})
    for table, datasets in config.published.items():
        rows = [one for one in numbers.table(table) if one.method == config.published_as]
        key = f"{where}: published.{table} of {config.published_as}"
        check_names(key, datasets, [row.dataset for row in rows])
