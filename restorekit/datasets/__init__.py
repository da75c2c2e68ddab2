"""Datasets, the sampler, and the readers of pairs beneath them."""

from .base import ImageDataset
from .batches import SampleBatch, collate_samples
from .checks import checked
from .dataset_pairs import DatasetPairs
from .lmdb_reader import LmdbPairs
from .lmdb_writer import write_lmdb
from .locate import open_images, open_pairs
from .mixture import MixtureDataset
from .paired import PairedDataset
from .pairing import match_names, suggest_rule
from .pairs import PairReader
from .randomness import SampleIndex, sample_rng
from .sampler import ReproducibleSampler
from .semi_supervised import SemiSupervisedDataset
from .synthetic import SyntheticRainDataset
from .unpaired import UnpairedDataset

__all__ = [
    "DatasetPairs",
    "ImageDataset",
    "LmdbPairs",
    "MixtureDataset",
    "PairReader",
    "PairedDataset",
    "ReproducibleSampler",
    "SampleBatch",
    "SampleIndex",
    "SemiSupervisedDataset",
    "SyntheticRainDataset",
    "UnpairedDataset",
    "checked",
    "collate_samples",
    "match_names",
    "open_images",
    "open_pairs",
    "sample_rng",
    "suggest_rule",
    "write_lmdb",
]
