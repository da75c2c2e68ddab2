"""The content of a results file, schema 2.

A file describes every quantity that it holds (label, unit, direction), so that it can be ranked
even where the measure is not installed.
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
    """A file that took part, identified by the SHA-256 of its bytes (64 hex digits).

    Example:
        >>> FileRecord(path="config.py", sha256="0" * 64).path
        'config.py'
    """

    path: Text
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class DatasetRecord(Struct, frozen=True, omit_defaults=True):
    """A test set.

    Attributes:
        name: Its name in tables.
        fingerprint: :func:`restorekit.io.fingerprint.dataset_fingerprint` of its images.
        num_images: Number of images.
        version: Version of the dataset; None if there is only one.
        leaks: How many images show a photograph that the checkpoint was trained on; None if
            no image is known to.

    Example:
        >>> DatasetRecord(name="mine", fingerprint="2e64", num_images=2).num_images
        2
    """

    name: Text
    fingerprint: Text
    num_images: Annotated[int, Meta(ge=1)]
    version: Text | None = None
    leaks: LeakCount | None = None


class MeasuredQuantity(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The values of one measure, under one protocol or in one variant, on a test set.

    Attributes:
        measure: Name of the measure, such as ``psnr``.
        label: Name in tables, such as ``PSNR``.
        unit: Unit, or an empty string.
        digits: Decimals of a mean in a table.
        higher_is_better: Whether higher values are better.
        protocol: Name of the protocol; None for a measure without one.
        variant: Variant of a measure without a protocol; None if it has no variants.
        mean: Mean over ``images``.
        images: Image name to value.
        left_out: Image name to the reason why it has no value.

    Example:
        >>> images = {"000": 21.0, "001": 22.0}
        >>> psnr = MeasuredQuantity(
        ...     measure="psnr", label="PSNR", unit="dB", digits=2, higher_is_better=True,
        ...     protocol="rgb_u8", mean=21.5, images=images)
        >>> psnr.key
        'psnr/rgb_u8'
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
        """The quantity's name: ``<measure>/<protocol or variant>``."""
        return "/".join(filter(None, [self.measure, self.protocol or self.variant]))

    @property
    def title(self) -> str:
        """The label with its unit, as in a column's heading."""
        return f"{self.label} ({self.unit})" if self.unit else self.label

    @property
    def sign(self) -> int:
        """1 if higher is better, otherwise -1."""
        return 1 if self.higher_is_better else -1


class Cost(Struct, frozen=True, omit_defaults=True):
    """Cost of a method; see :func:`restorekit.models.complexity.network_cost`.

    Example:
        >>> Cost(parameters=57369).parameters
        57369
    """

    parameters: NotNegative | None = None
    macs_per_pixel: NotNegative | None = None
    seconds_per_image: NotNegative | None = None
    peak_memory_mb: NotNegative | None = None


class Results(Struct, frozen=True, omit_defaults=True, tag_field="schema", tag=SCHEMA):
    """The content of a results file; fields with their default value are left out of the file.

    Attributes:
        method: Name of the method in tables; :data:`RAINY_INPUT` for the input itself.
        dataset: The test set.
        measures: Measured quantities, by :attr:`MeasuredQuantity.key`.
        scalars: Numbers from metrics that give no values image by image.
        config: The config file.
        checkpoint: The checkpoint file.
        seed: Seed of the training that made the checkpoint.
        selected_on: On which images the checkpoint was selected as the best: ``validation``,
            or ``test`` if those are the images of the test set.
        cost: Cost of the method.
        settings: How the method was run: ``device``, ``dtype``, ``tile``, ``ensemble``,
            ``processes``, ``threads``, and whatever else was recorded.
        environment: Versions and machine.

    Example:
        >>> dataset = DatasetRecord(name="mine", fingerprint="2e64", num_images=2)
        >>> Results(method="Median filter", dataset=dataset, scalars={"fid": 31.4}).scalars
        {'fid': 31.4}
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
