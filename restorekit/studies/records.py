"""What a study file says: runs, and the tables and figures that are made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

from restorekit.errors import DataError, did_you_mean

Text = Annotated[str, Meta(min_length=1)]
Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_.-]*$")]
Seed = Annotated[int, Meta(ge=0)]
#: In ``test_sets``: the test set of the run's config.
OWN = "own"
#: The scale of a study as it is written, without any of its ``scales``.
FULL = "full"


class Run(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A training that is repeated with several seeds.

    Attributes:
        name: Its key in the file; its work folders are called after it.
        config: A config beside the study file, or one of restorekit's own
            (``configs/dcsfn/dcsfn_rain200h.py``).
        overrides: Values by dotted key, as ``--cfg-options`` gives them.
        label: Name of the method in results, in place of the config's.
        seeds: Seeds; by default those of the study.

    Example:
        >>> Run(config="configs/ddn/ddn_rain200l.py", seeds=(0, 1, 2)).overrides
        {}
    """

    name: str = ""
    config: Text
    overrides: dict[str, Any] = {}
    label: str = ""
    seeds: tuple[Seed, ...] = ()


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A row of a table.

    Attributes:
        label: What it is called.
        published: The method in the published table; by default the label.
        runs: The run that fills each column, or None; a single one for all columns.

    Example:
        >>> Row(label="DCSFN", runs=("on_rain200h", None)).run_of(0)
        'on_rain200h'
    """

    label: Text
    published: str = ""
    runs: Text | tuple[Text | None, ...]

    def run_of(self, column: int) -> str | None:
        """Return the name of the run that fills a column."""
        return self.runs if isinstance(self.runs, str) else self.runs[column]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a paper, or one without a paper.

    Attributes:
        id: Its key in the file.
        number: Its number in the paper, such as ``Table 3``.
        title: Its subject.
        published: Id of the table in the catalog that holds the published numbers.
        columns: Ids of test sets; by default those of the published table.
        protocol: Name of the protocol; by default that of the published table. Measures without
            a protocol, such as NIQE, have none.
        measures: Names of the measures in a cell; by default those of the published table.
        rows: The rows.
        test_sets: What a column is measured on where that is not the test set that it is called
            after: an id of the catalog, or ``own`` for the test set of each run's config.
            Such numbers are not compared with published ones.
        images: Description of the images of ``own`` test sets.

    Example:
        >>> rows = (Row(label="DDN", runs="ddn"), Row(label="Ours", runs="ours"))
        >>> Table(title="Mine", columns=("rain200l",), measures=("psnr",), rows=rows).runs
        ('ddn', 'ours')
    """

    id: str = ""
    number: str = ""
    title: Text
    published: str = ""
    columns: tuple[Text, ...] = ()
    protocol: str = ""
    measures: tuple[Text, ...] = ()
    rows: Annotated[tuple[Row, ...], Meta(min_length=1)]
    test_sets: dict[str, Text] = {}
    images: str = ""

    def test_set(self, column: str) -> str:
        """Return what a column is measured on: an id of the catalog, or ``own``."""
        return self.test_sets.get(column, column)

    def is_comparable(self, column: str) -> bool:
        """Return whether numbers measured here are for the images of the published ones."""
        return bool(self.published) and self.test_set(column) == column

    @property
    def runs(self) -> tuple[str, ...]:
        """The names of all runs in it."""
        names = [row.run_of(index) for row in self.rows for index in range(len(self.columns))]
        return tuple(dict.fromkeys(name for name in names if name is not None))


class Figure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure.

    Attributes:
        id: Its key in the file.
        number: Its number in the paper, such as ``Figure 6``.
        title: Its subject.
        kind: ``compare`` shows restored images of several runs side by side, ``curves`` a number
            over the training of several runs, ``failures`` the worst images of a run.
        runs: The runs, in order.
        labels: Their names in the figure; by default those of the methods.
        test_set: Id of the test set whose images are shown, or ``own``.
        key: The number: ``<measure>/<protocol>``.
        pick: Which images are shown: ``worst``, ``best``, ``largest-difference``, or names.
        count: How many images are picked.
        crop: The enlarged part: ``auto``, or ``x,y,width,height``.

    Example:
        >>> Figure(title="Training", kind="curves", runs=("ddn", "ours")).key
        'psnr/rgb_float'
    """

    id: str = ""
    number: str = ""
    title: Text
    kind: Literal["compare", "curves", "failures"]
    runs: Annotated[tuple[Text, ...], Meta(min_length=1)]
    labels: tuple[Text, ...] = ()
    test_set: str = ""
    key: Text = "psnr/rgb_float"
    pick: Literal["worst", "best", "largest-difference"] | tuple[Text, ...] = "largest-difference"
    count: Annotated[int, Meta(ge=1)] = 4
    crop: Text = "auto"


class Scale(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reduced version of a study, for a smaller machine.

    Attributes:
        about: What is smaller, and why.
        config: A file, found as those of runs are, whose values are merged over each run's config.
        overrides: Values by dotted key for all runs.
        runs: Further values for single runs.
        seeds: Seeds of all runs; by default those of the runs.
        tables: Ids of the tables it makes; by default all.
        figures: Ids of the figures it makes; by default all.
        test_sets: What columns and figures are measured on instead, as :attr:`Table.test_sets`.
        images: Description of the images of ``own`` test sets.

    Example:
        >>> Scale(about="Fewer steps", overrides={"train_cfg.max_iters": 2000}).tables is None
        True
    """

    about: str = ""
    config: str = ""
    overrides: dict[str, Any] = {}
    runs: dict[str, dict[str, Any]] = {}
    seeds: tuple[Seed, ...] = ()
    tables: tuple[Text, ...] | None = None
    figures: tuple[Text, ...] | None = None
    test_sets: dict[str, Text] = {}
    images: str = ""


class Study(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A set of runs that makes a paper's tables and figures.

    Attributes:
        name: The name of its file without suffix.
        file: Its file.
        scale: The scale that it is at: see :meth:`at_scale`.
        title: What it reproduces.
        about: Further remarks, such as why the recipe differs from the paper's.
        seeds: Seeds of all runs.
        runs: The runs by name.
        tables: The tables by id.
        figures: The figures by id.
        scales: Reduced versions by name.

    Example:
        >>> runs = {"ddn": Run(config="configs/ddn/ddn_rain200l.py")}
        >>> study = Study(title="Mine", runs=runs, scales={"small": Scale(seeds=(7,))})
        >>> study.at_scale("small").scale
        'small'
    """

    name: str = ""
    file: str = ""
    scale: str = FULL
    title: Text
    about: str = ""
    seeds: Annotated[tuple[Seed, ...], Meta(min_length=1)] = (0,)
    runs: Annotated[dict[Name, Run], Meta(min_length=1)]
    tables: dict[Name, Table] = {}
    figures: dict[Name, Figure] = {}
    scales: dict[Name, Scale] = {}

    def at_scale(self, name: str) -> Study:
        """Return the study at a scale; ``full`` is the study as it is written.

        Only the runs that its tables and figures need are left.

        Raises:
            DataError: If it has no such scale.
        """
        if name == FULL:
            return self
        if name not in self.scales:
            known = [FULL, *self.scales]
            raise DataError(
                f"The study {self.name} has no scale {name!r}.{did_you_mean(name, known)} It has "
                f"{', '.join(known)}."
            )
        scale = self.scales[name]
        tables = {
            id_: replace(
                table,
                test_sets={
                    **table.test_sets,
                    **{key: one for key, one in scale.test_sets.items() if key in table.columns},
                },
                images=scale.images or table.images,
            )
            for id_, table in self.tables.items()
            if scale.tables is None or id_ in scale.tables
        }
        figures = {
            id_: replace(figure, test_set=scale.test_sets.get(figure.test_set, figure.test_set))
            for id_, figure in self.figures.items()
            if scale.figures is None or id_ in scale.figures
        }
        parts: list[Table | Figure] = [*tables.values(), *figures.values()]
        needed = {run for part in parts for run in part.runs}
        runs = {
            key: replace(
                run,
                overrides={**run.overrides, **scale.overrides, **scale.runs.get(key, {})},
                seeds=scale.seeds or run.seeds,
            )
            for key, run in self.runs.items()
            if key in needed
        }
        return replace(self, scale=name, runs=runs, tables=tables, figures=figures)

    @property
    def parts(self) -> dict[str, Table | Figure]:
        """The tables and figures by id."""
        return {**self.tables, **self.figures}

    @property
    def scale_config(self) -> str:
        """The config that is merged over each run's, or an empty string."""
        return self.scales[self.scale].config if self.scale != FULL else ""
