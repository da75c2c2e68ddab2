"""Datasets, the sampler, and the readers of pairs beneath them."""

from .base import ImageDataset
from .checks import checked
from .layouts.locate import PairSource, open_images, open_pairs
from .lmdb.reader import LmdbPairs
from .lmdb.writer import write_lmdb
from .loading.batches import SampleBatch, collate_samples
from .loading.one_size import SameSizeBatchSampler, require_one_size
from .loading.progressive import ProgressiveBatchSampler, progressive, require_patches
from .loading.randomness import SampleIndex, sample_rng
from .loading.sampler import ReproducibleSampler
from .loading.sharing import share_of_process
from .mixture import MixtureDataset
from .mixup import MixUpDataset
from .paired import PairedDataset
from .preparation.dataset_pairs import DatasetPairs
from .readers.pairing import match_names, suggest_rule
from .readers.pairs import PairReader
from .readers.selection import Subset
from .semi_supervised import SemiSupervisedDataset
from .stride_patches import StridePatchDataset
from .synthetic import DegradedDataset, SyntheticRainDataset
from .unpaired import UnpairedDataset

__all__ = [
    "DatasetPairs",
    "DegradedDataset",
    "ImageDataset",
    "LmdbPairs",
    "MixUpDataset",
    "MixtureDataset",
    "PairReader",
    "PairSource",
    "PairedDataset",
    "ProgressiveBatchSampler",
    "ReproducibleSampler",
    "SameSizeBatchSampler",
    "SampleBatch",
    "SampleIndex",
    "SemiSupervisedDataset",
    "StridePatchDataset",
    "Subset",
    "SyntheticRainDataset",
    "UnpairedDataset",
    "checked",
    "collate_samples",
    "match_names",
    "open_images",
    "open_pairs",
    "progressive",
    "require_one_size",
    "require_patches",
    "sample_rng",
    "share_of_process",
    "suggest_rule",
    "write_lmdb",
]
