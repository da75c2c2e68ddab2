from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from metric_references import REFERENCES
from metric_samples import NUM_IMAGES, PROTOCOL_NAMES, sample
from mmengine.evaluator import Evaluator
from mmengine.model import BaseModel
from mmengine.runner import Runner
from torch.utils.data import Dataset

from restorekit.errors import ConfigError, DataError
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.metrics import Protocol, RestorationMetric, evaluator
from restorekit.metrics.plan import mean
from restorekit.registry import METRICS


def measured(samples, **kwargs) -> tuple[RestorationMetric, dict]:
    metric = RestorationMetric(PROTOCOL_NAMES, **kwargs)
    for one in samples:
        metric.process(None, [one])
    return metric, metric.evaluate(NUM_IMAGES)


def to_u8(tensor):
    return (tensor * 255).round().byte().permute(1, 2, 0).numpy()


def expected_means(key):
    values = {name: [] for name in PROTOCOL_NAMES}
    for item in map(sample, range(NUM_IMAGES)):
        for name in PROTOCOL_NAMES:
            pred = np.ascontiguousarray(item[key].permute(1, 2, 0).numpy())
            values[name].append(REFERENCES[name](pred, to_u8(item["gt"])))
    return {name: np.mean(pairs, axis=0) for name, pairs in values.items()}


def test_means_of_restored_and_input_equal_the_references():
    _, metrics = measured(map(sample, range(NUM_IMAGES)), measure_input=True)
    assert list(metrics)[:2] == ["psnr/rgb_u8", "ssim/rgb_u8"]
    assert len(metrics) == 12
    for key, prefix in (("pred", ""), ("lq", "input/")):
        for name, (psnr, ssim) in expected_means(key).items():
            assert metrics[f"{prefix}psnr/{name}"] == pytest.approx(psnr, abs=1e-5)
            assert metrics[f"{prefix}ssim/{name}"] == pytest.approx(ssim, abs=1e-7)


def test_order_batches_and_padding_change_no_bit():
    samples = [sample(index) for index in range(NUM_IMAGES)]
    metric, metrics = measured(samples)
    shuffled = RestorationMetric(PROTOCOL_NAMES)
    shuffled.process(None, [samples[i] for i in (3, 1)])
    # Images 3 and 0 come twice, as a padding sampler hands them out.
    shuffled.process(None, [samples[i] for i in (4, 0, 2, 3, 0)])
    assert shuffled.evaluate(NUM_IMAGES) == metrics
    assert images_of(shuffled.values) == images_of(metric.values)
    assert list(shuffled.values["psnr/rgb_u8"].images) == [f"image-{i}" for i in range(NUM_IMAGES)]
    assert shuffled.fingerprint == metric.fingerprint


def images_of(values):
    return {key: one.images for key, one in values.items()}


def test_the_mean_is_the_same_in_any_order_to_the_last_bit():
    # In one order numpy and sum() lose the small one.
    values = [1e16, 1.0, -1e16]
    assert {mean(order) for order in itertools.permutations(values)} == {1 / 3}


def test_images_are_kept_by_name():
    metric, metrics = measured(map(sample, range(NUM_IMAGES)))
    assert metric.input_values == {}
    assert list(metric.values) == list(metrics)
    for key, values in metric.values.items():
        assert values.mean == metrics[key]
        assert len(values.images) == NUM_IMAGES


def test_fingerprint_is_that_of_the_decoded_pixels():
    metric, _ = measured(map(sample, range(NUM_IMAGES)))
    pairs = [(to_u8(item["lq"]), to_u8(item["gt"])) for item in map(sample, range(NUM_IMAGES))]
    assert metric.fingerprint == dataset_fingerprint(image_digest(*pair) for pair in pairs)


def test_evaluating_again_starts_anew():
    metric, first = measured(map(sample, range(NUM_IMAGES)))
    for index in range(NUM_IMAGES):
        metric.process(None, [sample(index)])
    assert metric.evaluate(NUM_IMAGES) == first


def test_every_key_names_its_protocol_with_a_prefix_too():
    _, metrics = measured(map(sample, range(NUM_IMAGES)), prefix="rain100l", measure_input=True)
    assert all(key.startswith("rain100l/") for key in metrics)
    assert all(key.rsplit("/", 1)[1] in PROTOCOL_NAMES for key in metrics)


def test_fewer_images_than_the_data_set_has_are_warned_of(monkeypatch):
    logged = []
    monkeypatch.setattr(evaluator, "print_log", lambda text, **_: logged.append(text))
    for count in (1, NUM_IMAGES):
        metric = RestorationMetric(["rgb_u8"])
        metric.process(None, [sample(index) for index in range(count)])
        metric.evaluate(NUM_IMAGES)
    assert len(logged) == 1
    assert "1 of the dataset's 5 images" in logged[0]


def test_samples_that_cannot_be_measured():
    metric = RestorationMetric(["rgb_u8"])
    with pytest.raises(DataError, match="no image"):
        metric.evaluate(NUM_IMAGES)
    with pytest.raises(DataError, match=r"'image-1'.*ground truth"):
        metric.process(None, [sample(1, with_gt=False)])
    broken = sample(2)
    broken["pred"][0, 0, 0] = math.nan
    with pytest.raises(DataError, match=r"'image-2'.*NaN"):
        metric.process(None, [broken])
    metric.process(None, [sample(0), sample(1) | {"name": "image-0"}])
    with pytest.raises(DataError, match=r"0 and 1.*'image-0'"):
        metric.evaluate(NUM_IMAGES)


def test_configs():
    own = {"name": "rgb_floor", "base": "rgb_u8", "quantize": "floor"}
    metric = METRICS.build({"type": "RestorationMetric", "protocols": ["rgb_u8", own]})
    protocols = metric.plan.protocols
    assert protocols[1] == Protocol(
        "rgb_floor", quantize="floor", description=protocols[1].description
    )
    assert RestorationMetric("rgb_u8").plan.protocols == protocols[:1]
    for wrong in ([], ["rgb_u8", "rgb_u8"]):
        with pytest.raises(ConfigError, match="protocols"):
            RestorationMetric(wrong)


def test_configs_of_version_0_1():
    old = METRICS.build({"type": "ProtocolMetric", "protocols": ["rgb_u8"]})
    assert isinstance(old, RestorationMetric)
    assert list(old.plan.quantities) == ["psnr/rgb_u8", "ssim/rgb_u8"]
    blind = METRICS.build({"type": "NIQEMetric", "variant": "basicsr_y", "measure_input": True})
    assert (list(blind.plan.quantities), blind.measure_input) == (["niqe/basicsr_y"], True)


def test_mmengines_evaluator_takes_it():
    both = Evaluator(RestorationMetric(["rgb_u8"]))
    both.process([sample(index) for index in range(NUM_IMAGES)])
    assert set(both.evaluate(NUM_IMAGES)) == {"psnr/rgb_u8", "ssim/rgb_u8"}


class _Samples(Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        return sample(index)


class _Brightness(BaseModel):
    """Predicts gt plus a parameter, which training drives away from zero."""

    def __init__(self):
        super().__init__()
        self.offset = torch.nn.Parameter(torch.tensor(0.01))

    def train_step(self, data, optim_wrapper):
        optim_wrapper.update_params(-self.offset)
        return {}

    def val_step(self, data):
        # Batches hold one image, and the collating function made lists of its entries.
        item = {key: values[0] for key, values in data.items()}
        return [item | {"pred": item["gt"] + self.offset.detach()}]

    def forward(self):
        raise NotImplementedError


def test_the_best_checkpoint_is_kept_by_a_key(tmp_path):
    loader = {
        "dataset": _Samples(),
        "batch_size": 1,
        "collate_fn": {"type": "pseudo_collate"},
        "sampler": {"type": "DefaultSampler", "shuffle": False},
    }
    checkpoint = {"type": "CheckpointHook", "save_best": "psnr/rgb_u8", "rule": "greater"}
    runner = Runner(
        model=_Brightness(),
        work_dir=str(tmp_path),
        train_dataloader=loader,
        val_dataloader=loader,
        val_evaluator={"type": "RestorationMetric", "protocols": ["rgb_u8"]},
        train_cfg={"by_epoch": True, "max_epochs": 2},
        val_cfg={},
        optim_wrapper={"optimizer": {"type": "SGD", "lr": 0.1}},
        default_hooks={"checkpoint": checkpoint, "logger": None, "timer": None},
        default_scope="restorekit",
        log_level="ERROR",
    )
    runner.train()
    assert [path.name for path in tmp_path.glob("best*")] == ["best_psnr_rgb_u8_epoch_1.pth"]
