"""mmcv's wrappers around paired transforms, in pipelines that train."""

from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from torch.utils.data import DataLoader

from restorekit.datasets import PairedDataset, ReproducibleSampler, SampleIndex
from restorekit.engine.config import load_config
from restorekit.engine.validate import check_config
from restorekit.errors import ConfigError, DataError
from restorekit.registry import DATASETS

PIECES = Path(__file__).resolve().parents[2] / "configs/_base_/datasets"
FLIP = {"type": "PairedFlip", "horizontal": 1.0}
PACK = {"type": "PackInputs"}


@pytest.fixture
def pairs(tmp_path, pair_folder):
    return pair_folder(tmp_path / "pairs", count=4, size=(24, 30))


def draws(dataset, count=300):
    return [dataset[SampleIndex(0, draw=draw, seed=1)] for draw in range(count)]


def test_choice_and_application_follow_the_sample_s_random_numbers(pairs):
    plain = PairedDataset(pairs)[0]
    choice = {"type": "RandomChoice", "transforms": [[FLIP], []], "prob": [0.25, 0.75]}
    apply = {"type": "RandomApply", "transforms": [FLIP], "prob": 0.25}
    for wrapper in (choice, apply):
        dataset = PairedDataset(pairs, pipeline=[wrapper])
        flipped = 0
        for sample in draws(dataset):
            pair = [np.array_equal(sample[k], plain[k][:, ::-1]) for k in ("lq", "gt")]
            assert pair[0] == pair[1]
            flipped += pair[0]
        # Four standard deviations of a binomial.
        assert abs(flipped - 75) < 4 * np.sqrt(300 * 0.25 * 0.75)
        state = np.random.get_state()[1].copy()
        again = draws(dataset, 20)
        assert (np.random.get_state()[1] == state).all()
        for one, other in zip(again, draws(dataset, 20), strict=True):
            assert np.array_equal(one["lq"], other["lq"])


def test_workers_change_nothing(pairs):
    def batches(num_workers):
        pipeline = [
            {"type": "PairedRandomCrop", "patch_size": 16},
            {"type": "RandomChoice", "transforms": [[FLIP], [{"type": "PairedRotate90"}], []]},
            PACK,
        ]
        dataset = PairedDataset(pairs, pipeline=pipeline)
        sampler = ReproducibleSampler(dataset, seed=2)
        loader = DataLoader(dataset, batch_size=2, sampler=sampler, num_workers=num_workers)
        return [batch["lq"] for batch in loader]

    for one, other in zip(batches(0), batches(2), strict=True):
        assert torch.equal(one, other)


def test_a_key_can_be_hidden_from_a_paired_transform(pairs):
    plain = PairedDataset(pairs)[0]
    mapper = {"type": "KeyMapper", "mapping": {"lq": "lq", "gt": ...}, "transforms": [FLIP]}
    sample = PairedDataset(pairs, pipeline=[mapper])[0]
    assert np.array_equal(sample["lq"], plain["lq"][:, ::-1])
    assert np.array_equal(sample["gt"], plain["gt"])


def test_images_that_are_too_small_for_a_crop_inside_a_wrapper_are_found_at_once(pairs):
    crop = {"type": "PairedRandomCrop", "patch_size": 25}
    for wrapper in (
        {"type": "RandomChoice", "transforms": [[crop], [crop]]},
        {"type": "RandomApply", "transforms": {**crop}},
        {"type": "KeyMapper", "mapping": {"lq": "lq"}, "transforms": [crop]},
    ):
        with pytest.raises(DataError, match="25×25 that PairedRandomCrop"):
            PairedDataset(pairs, pipeline=[wrapper])


def test_names_inside_wrappers_are_checked_before_anything_is_built():
    wrapper = {"type": "RandomChoice", "transforms": [[{"type": "PairedFlip", "horizontl": 1}]]}
    dataset = {"type": "PairedDataset", "data_root": "x", "pipeline": [wrapper]}
    with pytest.raises(ConfigError, match=r"transforms\[0\]\[0\]\.horizontl: .*'horizontal'"):
        check_config({"train_dataloader": {"dataset": dataset}})


def test_the_shipped_pipeline_trains(small_config, train):
    pipeline = load_config(PIECES / "paired_augmented.py").train_dataloader.dataset.pipeline
    pipeline[0]["patch_size"] = 16
    config = small_config("work", length=3, num_workers=2)
    config.train_dataloader.dataset.pipeline = pipeline
    check_config(config)
    assert len(train(config).message_hub.log_scalars["train/loss"]._log_history) == 3


@DATASETS.register_module(force=True)
class InputsAndTargets(PairedDataset):
    """A dataset of somebody else's, whose samples have other keys."""

    def images(self, index, rng):
        images = super().images(index, rng)
        return {"input": images["lq"], "target": images["gt"]}


def test_a_dataset_with_other_keys_trains_with_paired_transforms(small_config, train):
    mapping = {"lq": "input", "gt": "target"}
    crop = {"type": "PairedRandomCrop", "patch_size": 16}
    config = small_config("work", length=2)
    config.train_dataloader.dataset.type = "InputsAndTargets"
    config.train_dataloader.dataset.pipeline = [
        {"type": "KeyMapper", "mapping": mapping, "transforms": [crop, FLIP]},
        # Renamed for good, for PackInputs and the model.
        {"type": "KeyMapper", "remapping": {"input": "lq", "target": "gt"}},
        PACK,
    ]
    dataset = DATASETS.build(Config.fromstring(config.pretty_text, ".py").train_dataloader.dataset)
    assert dataset[0]["gt"].shape == (3, 16, 16)
    train(config)
