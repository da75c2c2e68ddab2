"""Results files of schema 1, which restorekit wrote up to version 0.1 and will always read.

Schema 1 has PSNR and SSIM under protocols, and NIQE without one.
"""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from .schema import Cost, DatasetRecord, FileRecord, MeasuredQuantity, Results, Text

SCHEMA_1 = "restorekit.results/1"
#: What schema 1 does not state: label, unit, digits, and whether higher is better.
_MEASURES = {
    "psnr": ("PSNR", "dB", 2, True),
    "ssim": ("SSIM", "", 4, True),
    "niqe": ("NIQE", "", 3, False),
}


class Values1(Struct):
    """The values of images, and their mean."""

    mean: float
    images: Annotated[dict[str, float], Meta(min_length=1)]
    left_out: dict[str, str] = {}


class Variant1(Values1, kw_only=True):
    """Values of a measure that needs no ground truth."""

    variant: Text


class Protocol1(Struct):
    """What was measured under one protocol."""

    psnr: Values1
    ssim: Values1


class Results1(Struct, tag_field="schema", tag=SCHEMA_1):
    """The content of a file."""

    method: Text
    dataset: DatasetRecord
    protocols: dict[str, Protocol1] = {}
    no_reference: dict[str, Variant1] = {}
    config: FileRecord | None = None
    checkpoint: FileRecord | None = None
    cost: Cost = Cost()
    settings: dict[str, Any] = {}
    environment: dict[str, Any] = {}


def upgrade(old: Results1) -> Results:
    """Convert the content of a file of schema 1 to the current schema."""
    quantities = [
        _quantity(name, values, protocol=protocol)
        for protocol, measured in old.protocols.items()
        for name, values in (("psnr", measured.psnr), ("ssim", measured.ssim))
    ]
    quantities += [
        _quantity(name, values, variant=values.variant)
        for name, values in old.no_reference.items()
        if name in _MEASURES
    ]
    return Results(
        old.method,
        old.dataset,
        {one.key: one for one in quantities},
        config=old.config,
        checkpoint=old.checkpoint,
        cost=old.cost,
        settings=old.settings,
        environment=old.environment,
    )


def _quantity(
    measure: str, values: Values1, protocol: str | None = None, variant: str | None = None
) -> MeasuredQuantity:
    label, unit, digits, higher_is_better = _MEASURES[measure]
    return MeasuredQuantity(
        measure=measure,
        label=label,
        unit=unit,
        digits=digits,
        higher_is_better=higher_is_better,
        protocol=protocol,
        variant=variant,
        mean=values.mean,
        images=values.images,
        left_out=values.left_out,
    )
