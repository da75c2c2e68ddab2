"""Mixed pairs: the mean of two with one weight, from the sample's position alone."""

import numpy as np
import pytest
import torch
from scipy import stats

from restorekit.datasets import MixUpDataset, PairedDataset, SampleIndex
from restorekit.errors import ConfigError, DataError

CROP = {"type": "PairedRandomCrop", "patch_size": 16}
PACK = {"type": "PackInputs"}


@pytest.fixture
def pairs(tmp_path, write_image):
    """Five pairs: image k is 20·k where it is clean, and 20·k + 100 where it is rainy."""
    for number in range(5):
        for side, shade in (("input", 20 * number + 100), ("target", 20 * number)):
            write_image(tmp_path / "train" / side / f"{number}.png", shade)
    return lambda *pipeline: PairedDataset(tmp_path, "train", list(pipeline))


@pytest.fixture
def write_image():
    import cv2

    def write(path, shade):
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.full((20, 24, 3), shade, np.uint8))

    return write


def shades(dataset, count=400, index=0):
    samples = [dataset[SampleIndex(index, draw, 3)] for draw in range(count)]
    assert all(sample["index"] == index for sample in samples)
    for sample in samples:
        for key in ("lq", "gt"):
            assert sample[key].shape == (3, 16, 16)
            assert len(sample[key].unique()) == 1
    lq, gt = (np.array([int(s[key][0, 0, 0]) for s in samples]) for key in ("lq", "gt"))
    return lq, gt


def test_both_images_are_mixed_with_one_weight_that_is_of_a_beta_distribution(pairs):
    lq, gt = shades(MixUpDataset(pairs(CROP, PACK), alpha=0.3, probability=1))
    # The same weight on both sides leaves their difference.
    assert np.abs(lq - gt - 100).max() <= 1
    # Pair 0 with any of the five: (1 - w) of 20·k.
    assert 0 <= gt.min() < gt.max() <= 80
    rng = np.random.default_rng(0)
    expected = (1 - rng.beta(0.3, 0.3, 20000)) * 20 * rng.integers(5, size=20000)
    noise = rng.uniform(-0.5, 0.5, 400)
    assert stats.ks_2samp(gt + noise, expected + rng.uniform(-0.5, 0.5, 20000)).pvalue > 0.01


def test_the_share_that_is_mixed_is_the_probability(pairs):
    _, gt = shades(MixUpDataset(pairs(CROP, PACK), probability=0), 50, index=3)
    assert set(gt) == {60}
    _, gt = shades(MixUpDataset(pairs(CROP, PACK), alpha=50, probability=0.5), index=0)
    # Of the mixed ones a fifth is mixed with itself.
    assert 0.3 < (gt != 0).mean() < 0.5


def test_samples_depend_on_their_position_alone_and_a_batch_holds_them(pairs):
    dataset = MixUpDataset(pairs(CROP, {"type": "PairedFlip"}, PACK), probability=1)
    indices = [SampleIndex(k % 5, draw=40 + k, seed=7) for k in range(6)]
    one_by_one = [dataset[index] for index in reversed(indices)][::-1]
    batch = dataset.__getitems__(indices).collated()
    for key in ("lq", "gt"):
        assert torch.equal(torch.stack([sample[key] for sample in one_by_one]), batch[key])
    assert len(batch["gt"].unique()) > 3
    assert dataset.names == pairs(CROP, PACK).names


def test_the_other_pair_has_the_same_patch_size(pairs):
    dataset = MixUpDataset(pairs(CROP, PACK), probability=1)
    assert dataset[SampleIndex(1, 4, 0).with_patch(8)]["lq"].shape == (3, 8, 8)


def test_what_cannot_be_mixed_is_refused(pairs, write_image, tmp_path):
    with pytest.raises(ConfigError, match="alpha=0"):
        MixUpDataset(pairs(CROP, PACK), alpha=0)
    with pytest.raises(ConfigError, match=r"PackInputs.*add it"):
        MixUpDataset(pairs(CROP))
    dataset = MixUpDataset(pairs({"type": "PairedRotate90"}, PACK), probability=1)
    with pytest.raises(DataError, match=r"24×20 and 20×24|20×24 and 24×20"):
        [dataset[SampleIndex(0, draw, 0)] for draw in range(50)]
