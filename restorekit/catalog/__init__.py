"""The catalog of known datasets: a YAML file each, and what can be asked of them."""

from .lookup import Identity, all_datasets, all_layouts, get_dataset, identify
from .records import (
    Distribution,
    KnownDataset,
    KnownFingerprint,
    Layout,
    Place,
    Split,
    SplitVersion,
)

__all__ = [
    "Distribution",
    "Identity",
    "KnownDataset",
    "KnownFingerprint",
    "Layout",
    "Place",
    "Split",
    "SplitVersion",
    "all_datasets",
    "all_layouts",
    "get_dataset",
    "identify",
]
