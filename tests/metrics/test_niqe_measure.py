from __future__ import annotations

import json

import numpy as np
import pytest
import torch
import torch.distributed as dist
from forks import run_on_two_ranks
from metric_references import photo

from restorekit.errors import ConfigError, DataError
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.metrics import RestorationMetric
from restorekit.metrics.functional import niqe
from restorekit.registry import METRICS

NUM_IMAGES = 4
SHARES = [[0, 2], [1, 3, 0]]


def sample(index: int) -> dict:
    """Image 3 is too small for NIQE."""
    lq = photo(*((100, 200) if index < 3 else (60, 80)), seed=index)
    tensor = torch.from_numpy(lq).permute(2, 0, 1).float() / 255
    noise = torch.from_numpy(np.random.default_rng(index).normal(0, 0.1, tensor.shape))
    return {"name": f"image-{index}", "index": index, "lq": tensor, "pred": tensor + noise.float()}


def png(tensor):
    return (tensor.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).contiguous().numpy()


def evaluated(indices, measures="niqe", **kwargs):
    metric = RestorationMetric(measures=measures, measure_input=True, **kwargs)
    for index in indices:
        metric.process(None, [sample(index)])
    return metric, metric.evaluate(NUM_IMAGES)


def images_of(metric):
    (values,) = metric.values.values()
    return values.images


def test_means_are_those_of_the_saved_images_and_of_the_input():
    metric, metrics = evaluated(range(NUM_IMAGES))
    assert list(metrics) == ["niqe/matlab_gray", "input/niqe/matlab_gray"]
    for key, found, name in (("pred", metric.values, ""), ("lq", metric.input_values, "input/")):
        values = found["niqe/matlab_gray"]
        expected = {f"image-{i}": niqe(png(sample(i)[key])) for i in range(3)}
        assert values.images == expected
        assert metrics[f"{name}niqe/matlab_gray"] == pytest.approx(np.mean([*expected.values()]))
        assert list(values.left_out) == ["image-3"]
        assert "60×80" in values.left_out["image-3"]
    digests = [image_digest(png(sample(i)["lq"])) for i in range(NUM_IMAGES)]
    assert metric.digests == digests
    assert metric.fingerprint == dataset_fingerprint(digests)


def test_order_and_padding_change_no_bit():
    metric, metrics = evaluated(range(NUM_IMAGES))
    other, others = evaluated([3, 1, 0, 2, 0])
    assert others == metrics
    assert images_of(other) == images_of(metric)
    assert other.fingerprint == metric.fingerprint


def test_the_variant_is_chosen_and_named():
    metric, metrics = evaluated(range(NUM_IMAGES), measures="niqe:basicsr_y", prefix="real")
    assert list(metrics) == ["real/niqe/basicsr_y", "real/input/niqe/basicsr_y"]
    assert images_of(metric)["image-0"] == niqe(png(sample(0)["pred"]), "basicsr_y")
    with pytest.raises(ConfigError, match="Did you mean 'matlab_gray'"):
        METRICS.build({"type": "RestorationMetric", "measures": ["niqe:matlab_grey"]})


def test_nothing_that_can_be_measured_is_said():
    metric = RestorationMetric(measures=["niqe"])
    metric.process(None, [sample(3)])
    with pytest.raises(DataError, match=r"None of 1 images.*'image-3'.*60×80"):
        metric.evaluate(1)
    with pytest.raises(DataError, match="no image to measure"):
        metric.evaluate(1)


@pytest.mark.slow
def test_two_processes_give_exactly_the_numbers_of_one(tmp_path):
    def work() -> None:
        dist.init_process_group("gloo")
        rank = dist.get_rank()
        metric, metrics = evaluated(SHARES[rank])
        # JSON keeps every bit of a float.
        (tmp_path / f"{rank}.json").write_text(json.dumps([metrics, images_of(metric)]))

    outcomes = run_on_two_ranks(work)
    assert [one.returncode for one in outcomes] == [0, 0], outcomes
    metric, metrics = evaluated(range(NUM_IMAGES))
    for rank in range(len(SHARES)):
        written = json.loads((tmp_path / f"{rank}.json").read_text())
        assert written == [metrics, images_of(metric)]
