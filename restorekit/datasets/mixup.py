"""Pairs mixed with other pairs of the same dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset

from restorekit.errors import ConfigError, DataError
from restorekit.io.images import Image
from restorekit.registry import DATASETS
from restorekit.transforms import PackInputs
from restorekit.transforms.paired import IMAGE_KEYS

from .loading.batches import pack_samples
from .loading.randomness import SampleIndex


@DATASETS.register_module()
class MixUpDataset(Dataset[dict[str, Any]]):
    """Mix a pair with another one: w·pair + (1 - w)·other, with w from a beta distribution.

    Zhang et al., "mixup: Beyond Empirical Risk Minimization", ICLR 2018. The released code of
    Restormer has it as an option (``alpha=1.2, probability=0.5``, off for deraining), and that of
    MPRNet for denoising (``alpha=0.6, probability=1``).

    The other pair, its transforms and w depend on the seed and the sample's position in the
    run alone, as do all random numbers of a sample. Departures from the released codes: the
    other pair is drawn from the dataset instead of from the batch of the process, each
    sample has a w of its own (as in MPRNet's), and pixels are rounded to 8 bits after mixing.

    Args:
        dataset: The dataset, or its config; its pipeline ends in ``PackInputs``.
        alpha: Both parameters of the beta distribution, above zero; the larger, the closer to half
            and half.
        probability: Share of the samples that are mixed.

    Raises:
        ConfigError: If a value is out of range, or the pipeline has no ``PackInputs`` at its end.

    Example:
        >>> from restorekit.datasets import PairedDataset
        >>> pairs = PairedDataset("data/mine", "train", pipeline=[dict(type="PackInputs")])
        >>> mixed = MixUpDataset(pairs, probability=1)
        >>> bool((mixed[0]["lq"] == pairs[0]["lq"]).all())
        False
    """

    def __init__(
        self,
        dataset: Dataset[dict[str, Any]] | dict[str, Any],
        alpha: float = 1.2,
        probability: float = 0.5,
    ) -> None:
        if alpha <= 0 or not 0 <= probability <= 1:
            raise ConfigError(
                f"MixUpDataset has alpha={alpha} and probability={probability}: the first must be "
                "above zero, the second between 0 and 1."
            )
        self.dataset: Any = DATASETS.build(dataset) if isinstance(dataset, dict) else dataset
        if not getattr(self.dataset, "packs_batches", False):
            raise ConfigError(
                "MixUpDataset mixes the images of a dataset whose pipeline ends in "
                "dict(type='PackInputs'): add it."
            )
        self.alpha = alpha
        self.probability = probability

    @property
    def names(self) -> list[str]:
        """Names of the pairs, without those that are mixed in."""
        names: list[str] = self.dataset.names
        return names

    @property
    def metainfo(self) -> Mapping[str, Any]:
        """Facts about the dataset."""
        facts: Mapping[str, Any] = self.dataset.metainfo
        return facts

    def sizes(self) -> npt.NDArray[np.int32] | None:
        """Return the sizes of the pairs; see :class:`~restorekit.datasets.ImageDataset`."""
        sizes: npt.NDArray[np.int32] | None = self.dataset.sizes()
        return sizes

    @property
    def packs_batches(self) -> bool:
        """Whether ``PackInputs`` is all that is missing after :meth:`unpacked`."""
        return type(self).__getitem__ is MixUpDataset.__getitem__

    def __len__(self) -> int:
        return len(self.dataset)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return PackInputs().transform(self.unpacked(index))

    def __getitems__(self, indices: Sequence[int]) -> Sequence[dict[str, Any]]:
        """Return the samples of a batch, as :class:`~restorekit.datasets.ImageDataset` does."""
        return pack_samples(map(self.unpacked, indices), len(indices))

    def images(self, index: int, rng: np.random.Generator) -> dict[str, Image]:
        """Return the pair before its pipeline, not mixed."""
        images: dict[str, Image] = self.dataset.images(index, rng)
        return images

    def unpacked(self, index: int) -> dict[str, Any]:
        """Return a mixed sample before the last step of the pipeline.

        Raises:
            DataError: If the two pairs have different sizes.
        """
        sample: dict[str, Any] = self.dataset.unpacked(index)
        position = SampleIndex.of(index)
        # The 4 keeps this stream apart from those of the pair and of the order.
        rng = np.random.default_rng((position.seed, position.draw, 4))
        if rng.random() >= self.probability:
            return sample
        weight = float(rng.beta(self.alpha, self.alpha))
        other = self.dataset.unpacked(position.partner(rng, len(self)))
        for key in IMAGE_KEYS:
            if sample.get(key) is not None:
                sample[key] = _mixed(sample[key], other[key], weight)
        return sample


def _mixed(image: Image, other: Image, weight: float) -> Image:
    if image.shape != other.shape:
        raise DataError(
            f"MixUpDataset cannot mix images of {image.shape[1]}×{image.shape[0]} and "
            f"{other.shape[1]}×{other.shape[0]} pixels: begin the pipeline with PairedRandomCrop."
        )
    first, second = np.ascontiguousarray(image), np.ascontiguousarray(other)
    mixed: Image = cv2.addWeighted(first, weight, second, 1 - weight, 0).astype(
        np.uint8, copy=False
    )
    return mixed
