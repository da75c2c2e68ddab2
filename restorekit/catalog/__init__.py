"""What is known of datasets, methods and published numbers: data files and typed records."""

from .datasets import (
    Distribution,
    Identity,
    KnownDataset,
    KnownFingerprint,
    KnownTestSet,
    Layout,
    Location,
    Split,
    SplitVersion,
    all_datasets,
    all_layouts,
    all_test_sets,
    get_dataset,
    get_layout,
    identify,
)
from .published import Published, PublishedNumbers, published_numbers

__all__ = [
    "Distribution",
    "Identity",
    "KnownDataset",
    "KnownFingerprint",
    "KnownTestSet",
    "Layout",
    "Location",
    "Published",
    "PublishedNumbers",
    "Split",
    "SplitVersion",
    "all_datasets",
    "all_layouts",
    "all_test_sets",
    "get_dataset",
    "get_layout",
    "identify",
    "published_numbers",
]
