"""The public sets as they are handed out: counted, paired, and with the rain on the rainy side."""

import numpy as np
import pytest

from restorekit.datasets import PairedDataset, UnpairedDataset


def roughness(image):
    """Mean difference of neighbours in a row: streaks, which fall, make it larger."""
    return np.abs(np.diff(image.astype(int), axis=1)).mean()


@pytest.mark.parametrize(
    ("folder", "options", "count"),
    [
        ("rain100l_sample", {"pairing": "norain-{id}.png"}, 10),
        ("rain200h_train_sample", {}, 20),
        ("rain800", {"split": "test", "layout": "side_by_side"}, 100),
    ],
)
def test_paired_sets(real_data, folder, options, count):
    dataset = PairedDataset(real_data / folder, **options)
    assert len(dataset) == count
    pairs = (dataset.reader.read(i) for i in range(10))
    assert np.mean([roughness(lq) > roughness(gt) for lq, gt in pairs]) > 0.8


def test_photographs_of_real_rain(real_data):
    dataset = UnpairedDataset(real_data / "real_rain")
    assert len(dataset) == 147
    assert dataset.names[:3] == ["1", "2", "3"]
