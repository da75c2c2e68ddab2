"""What a results file holds, schema 2.

A file states of every measured quantity what it is (label, unit, direction), so that it can be
ranked where the measure itself is not installed.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from restorekit.leaks.records import LeakCount

#: The method under which the unrestored input of a test set is measured.
RAINY_INPUT = "Rainy input"
SCHEMA = "restorekit.results/2"

Text = Annotated[str, Meta(min_length=1)]
NotNegative = Annotated[int, Meta(ge=0, le=10**18)] | Annotated[float, Meta(ge=0, le=1e100)]


class FileRecord(Struct, frozen=True):
    """A file that took part, identified by the SHA-256 of its bytes (64 hex digits)."""

    path: Text
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class DatasetRecord(Struct, frozen=True, omit_defaults=True):
    """A test set.

    Attributes:
        name: Its name in tables.
        fingerprint: :func:`restorekit.io.fingerprint.dataset_fingerprint` of its images.
        num_images: Number of images.
        version: Which of several versions; None where a dataset has only one.
        leaks: How many images show a photograph that the checkpoint was trained on; None
            where none is known to.
    """

    name: Text
    fingerprint: Text
    num_images: Annotated[int, Meta(ge=1)]
    version: Text | None = None
    leaks: LeakCount | None = None


class MeasuredQuantity(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One measure, taken in one way, of every image of a test set.

    Attributes:
        measure: Name of the measure, as in ``psnr``.
        label: Its name in tables, as in ``PSNR``.
        unit: Its unit, or an empty string.
        digits: Decimals of a mean in a table.
        higher_is_better: Its direction.
        protocol: The protocol under which it was taken; None for a measure without one.
        variant: Which variant of a measure without a protocol; None where it has none.
        mean: Mean over ``images``.
        images: Image name to value.
        left_out: Image name to the reason why it has no value.
    """

    measure: Text
    label: Text
    unit: str
    digits: Annotated[int, Meta(ge=0, le=15)]
    higher_is_better: bool
    protocol: Text | None = None
    variant: Text | None = None
    mean: float
    images: Annotated[dict[str, float], Meta(min_length=1)]
    left_out: dict[str, str] = {}

    @property
    def key(self) -> str:
        """The name of the quantity everywhere: ``<measure>/<protocol or variant>``."""
        return "/".join(filter(None, [self.measure, self.protocol or self.variant]))

    @property
    def title(self) -> str:
        """The label with its unit, as over a column."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def sign(self) -> int:
        """1 if higher is better, otherwise -1."""
        return 1 if self.higher_is_better else -1


class Cost(Struct, frozen=True, omit_defaults=True):
    """What the method needs; see :func:`restorekit.models.complexity.network_cost`."""

    parameters: NotNegative | None = None
    macs_per_pixel: NotNegative | None = None
    seconds_per_image: NotNegative | None = None
    peak_memory_mb: NotNegative | None = None


class Results(Struct, frozen=True, omit_defaults=True, tag_field="schema", tag=SCHEMA):
    """The content of a results file; what does not apply is left out of the file.

    Attributes:
        method: Its name in tables; :data:`RAINY_INPUT` for the input itself.
        dataset: The test set.
        measures: What was measured of every image, by :attr:`MeasuredQuantity.key`.
        scalars: Single numbers of metrics that do not say anything image by image.
        config: The config file.
        checkpoint: The checkpoint file.
        seed: Seed of the training that made the checkpoint.
        selected_on: On what the checkpoint was selected as the best: ``validation``, or
            ``test`` where those are the images of the test set.
        cost: What the method needs.
        settings: How it was run: ``device``, ``dtype``, ``tile``, ``ensemble``, ``processes``,
            ``threads``, and what others add.
        environment: Versions and machine.
    """

    method: Text
    dataset: DatasetRecord
    measures: dict[Text, MeasuredQuantity] = {}
    scalars: dict[Text, float] = {}
    config: FileRecord | None = None
    checkpoint: FileRecord | None = None
    seed: int | None = None
    selected_on: Literal["validation", "test"] | None = None
    cost: Cost = Cost()
    settings: dict[str, Any] = {}
    environment: dict[str, Any] = {}
