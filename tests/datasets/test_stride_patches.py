"""Patches at a stride: as many as PReNet's released code writes, each where it belongs."""

import cv2
import numpy as np
import pytest
import torch

from restorekit.datasets import StridePatchDataset
from restorekit.errors import ConfigError, DataError

PACK = [{"type": "PackInputs"}]


@pytest.fixture
def pairs(tmp_path):
    """Write pairs whose clean pixels say where they come from: row, column, number of the image."""

    def write(*sizes):
        for number, (height, width) in enumerate(sizes):
            y, x = np.mgrid[:height, :width]
            clean = np.stack([y % 256, x % 256, np.full_like(y, number)], axis=2).astype(np.uint8)
            for side, pixels in (("input", 255 - clean), ("target", clean)):
                path = tmp_path / "train" / side / f"{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), pixels[..., ::-1])
        return tmp_path

    return write


def test_counts_are_those_of_the_paper(pairs):
    # Rain100H and Rain100L have images of 481x321 and 321x481; Rain12600 of 512x512.
    root = pairs((321, 481), (481, 321))
    upright = StridePatchDataset(root, 100, 80, split="train")
    assert len(upright) == 2 * 15
    mirrored = StridePatchDataset(root, 100, 80, mirrored=True, split="train")
    assert len(mirrored) * 100 == 6000
    assert 15 * 1254 // 18 == 1045


def test_each_patch_is_where_its_name_says(pairs):
    root = pairs((50, 70), (40, 90))
    dataset = StridePatchDataset(root, 20, 15, mirrored=True, split="train", pipeline=PACK)
    # Starts 0, 15, 30 of 50 rows, and 0, 15, 30, 45 of 70 columns.
    expected = [
        (image, top, left, mirror)
        for image, tops, lefts in (
            (0, (0, 15, 30), (0, 15, 30, 45)),
            (1, (0, 15), range(0, 71, 15)),
        )
        for mirror in (False, True)
        for top in tops
        for left in lefts
    ]
    assert len(dataset) == len(expected) == len(set(dataset.names))
    for index, (image, top, left, mirror) in enumerate(expected):
        sample = dataset[index]
        assert sample["name"] == f"{image}@{top},{left}{',mirrored' if mirror else ''}"
        gt, width = sample["gt"], (70, 90)[image]
        columns = torch.arange(left, left + 20, dtype=torch.uint8)
        if mirror:
            columns = width - 1 - columns
        assert torch.equal(gt[0], torch.arange(top, top + 20).byte()[:, None].expand(20, 20))
        assert torch.equal(gt[1], columns.expand(20, 20))
        assert (gt[2] == image).all()
        assert torch.equal(sample["lq"], 255 - sample["gt"])
    with pytest.raises(IndexError):
        dataset.images(len(dataset), np.random.default_rng(0))
    assert (dataset.sizes() == 20).all()
    assert dataset.metainfo["num_images"] == 2
    assert dataset.metainfo["num_patches"] == len(dataset)


def test_what_is_too_small_is_refused(pairs):
    root = pairs((50, 70), (15, 90))
    with pytest.raises(DataError, match="90×15 pixels, smaller than the 20×20"):
        StridePatchDataset(root, 20, 15, split="train")
    assert len(StridePatchDataset(root, 20, 15, split="train", skip_broken=True)) == 12
    with pytest.raises(ConfigError, match="stride=0"):
        StridePatchDataset(root, 20, 0, split="train")
