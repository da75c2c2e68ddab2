from __future__ import annotations

import inspect

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, default_collate

from restorekit.datasets import (
    PairedDataset,
    ReproducibleSampler,
    SampleIndex,
    SemiSupervisedDataset,
)
from restorekit.engine.validate import check_config
from restorekit.errors import ConfigError, DataError
from restorekit.io.images import write_image
from restorekit.registry import DATASETS

CROP = [{"type": "PairedRandomCrop", "patch_size": 8}, {"type": "PackInputs"}]


@pytest.fixture
def make(tmp_path, pair_folder):
    """Return a function that builds a dataset of 4 pairs and 6 photographs, one grey each."""
    pair_folder(tmp_path / "pairs", count=4, size=(20, 24))
    for number in range(6):
        rng = np.random.default_rng(number)
        photograph = np.full((16, 18, 3), 40 * number, np.uint8)
        # So that a patch tells where it was cut.
        photograph[..., 1] = rng.integers(0, 256, (16, 18))
        write_image(tmp_path / f"real/{number}.png", photograph)

    def build(**changes):
        unlabelled = {"type": "UnpairedDataset", "data_root": tmp_path / "real", "pipeline": CROP}
        return DATASETS.build(
            {
                "type": "SemiSupervisedDataset",
                "data_root": tmp_path / "pairs",
                "pipeline": CROP,
                "unlabelled": {**unlabelled, **changes},
            }
        )

    return build


def test_a_sample_is_its_pair_and_a_photograph(make):
    dataset = make()
    assert len(dataset) == 4
    sample = dataset[SampleIndex(1, draw=5, seed=3)]
    assert sorted(sample) == ["gt", "index", "lq", "name", "unlabelled"]
    assert sample["name"] == "001"
    expected = dataset.dataset[SampleIndex(1, draw=5, seed=3)]
    for key in ("lq", "gt"):
        assert torch.equal(sample[key], expected[key])
    assert sample["unlabelled"].shape == (3, 8, 8)
    assert sample["unlabelled"].dtype == torch.uint8


def shades(samples):
    return [int(sample["unlabelled"][0, 0, 0]) // 40 for sample in samples]


def test_photographs_are_drawn_with_the_same_chance(make):
    dataset = make()
    drawn = shades(dataset[SampleIndex(0, draw=d, seed=1)] for d in range(300))
    counts = np.bincount(drawn, minlength=6)
    # Four standard deviations of a binomial.
    assert (abs(counts - 50) < 4 * np.sqrt(300 / 6 * 5 / 6)).all()


def test_seed_and_place_in_the_run_decide_and_nothing_else(make):
    dataset, again = make(), make()
    first, second = (d[SampleIndex(2, draw=9, seed=4)]["unlabelled"] for d in (dataset, again))
    assert torch.equal(first, second)
    others = [
        dataset[SampleIndex(2, draw=draw, seed=seed)]["unlabelled"]
        for draw, seed in ((10, 4), (11, 4), (9, 5), (9, 6))
    ]
    assert not any(torch.equal(first, other) for other in others)
    assert torch.equal(dataset[2]["unlabelled"], again[2]["unlabelled"])


def test_the_crop_is_not_that_of_the_pair(make, tmp_path):
    """Where both are cut from images of one size, they are not cut at the same place."""
    rng = np.random.default_rng(0)
    for number in range(3):
        image = rng.integers(0, 256, (20, 24, 3)).astype(np.uint8)
        for folder in ("same/lq", "same/gt"):
            write_image(tmp_path / folder / f"{number}.png", image)
    dataset = SemiSupervisedDataset(
        tmp_path / "same",
        {"type": "UnpairedDataset", "data_root": tmp_path / "same/lq", "pipeline": CROP},
        pipeline=CROP,
    )
    samples = [dataset[SampleIndex(0, draw=d, seed=0)] for d in range(30)]
    equal = sum(torch.equal(sample["lq"], sample["unlabelled"]) for sample in samples)
    assert equal < 3


def test_workers_change_nothing(make):
    def batches(num_workers):
        dataset = make()
        loader = DataLoader(
            dataset,
            batch_size=2,
            sampler=ReproducibleSampler(dataset, seed=5),
            num_workers=num_workers,
            collate_fn=default_collate,
        )
        return [batch["unlabelled"] for batch in loader]

    for one, other in zip(batches(0), batches(2), strict=True):
        assert torch.equal(one, other)


def test_photographs_that_are_too_small_are_found_at_once(make):
    with pytest.raises(DataError, match="17"):
        make(pipeline=[{"type": "PairedRandomCrop", "patch_size": 17}])


def test_the_pairs_are_described_as_in_any_dataset_of_pairs(make, tmp_path):
    pairs = dict(inspect.signature(PairedDataset).parameters)
    ours = dict(inspect.signature(SemiSupervisedDataset).parameters)
    del ours["unlabelled"]
    assert ours == pairs
    for side in ("lq", "gt"):
        folders = {"lq_folder": side, "gt_folder": side, "metainfo": {"name": side}}
        dataset = SemiSupervisedDataset(tmp_path / "pairs", make().unlabelled, **folders)
        sample = dataset[0]
        assert (sample["lq"] == sample["gt"]).all()
        assert dataset.metainfo["name"] == side


def test_a_misspelt_argument_is_found_before_anything_is_built():
    dataset = {"type": "SemiSupervisedDataset", "data_root": "x", "unlabelled": {}, "pairin": "x"}
    with pytest.raises(ConfigError, match=r"dataset\.pairin: .* Did you mean 'pairing'\?"):
        check_config({"train_dataloader": {"dataset": dataset}})
