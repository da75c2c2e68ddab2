"""The registry of measures, and plans made of them."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from metric_references import photo

from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.metrics import CallableMeasure, Measure, build_measure
from restorekit.metrics.functional import NIQE_VARIANTS
from restorekit.metrics.measures import known_measures
from restorekit.metrics.plan import Plan


def mean_error(pred, gt):
    return np.abs(pred.astype(float) - gt).mean()


def brightness(pred):
    return pred.mean()


def test_every_measure_says_of_itself_what_tables_need():
    known = known_measures()
    assert {"psnr", "ssim", "niqe", "ms_ssim", "vif", "lpips", "dists", "brisque"} <= known.keys()
    for name, measure in known.items():
        assert name == measure.name
        assert measure.label
        assert measure.__doc__
        assert measure.digits >= 0
    assert {name for name, one in known.items() if not one.needs_gt} == {"niqe", "brisque"}


def test_names_and_variants_on_the_command_line():
    assert build_measure("niqe").variant == next(iter(NIQE_VARIANTS))
    assert list(Plan((), ["niqe", "niqe:basicsr_y"]).quantities) == [
        "niqe/matlab_gray",
        "niqe/basicsr_y",
    ]
    with pytest.raises(UnknownNameError, match="'niqe'"):
        build_measure("nique")
    with pytest.raises(ConfigError, match="'basicsr_y'"):
        build_measure("niqe:basicsr")
    with pytest.raises(ConfigError, match="no variant 'a'"):
        build_measure("psnr:a")
    with pytest.raises(ConfigError, match="under a protocol"):
        Plan((), ["psnr"])
    with pytest.raises(ConfigError, match="'niqe/matlab_gray' twice"):
        Plan((), ["niqe", "niqe:matlab_gray"])


def test_a_function_is_a_measure():
    gt = photo(20, 30)
    pred = np.clip(gt.astype(int) + 7, 0, 255).astype(np.uint8)
    settings = {"type": "CallableMeasure", "function": f"{__name__}.mean_error"}
    error = build_measure({**settings, "name": "mae", "higher_is_better": False, "digits": 1})
    blind = CallableMeasure(brightness, "brightness", higher_is_better=True, needs_gt=False)
    found = Plan((), [error, blind]).measure(pred, gt)
    assert found == {"mae": mean_error(pred, gt), "brightness": pred.mean()}
    assert (error.label, error.digits, error.higher_is_better) == ("mae", 1, False)
    assert pickle.loads(pickle.dumps(blind))(pred) == pred.mean()
    for function in ("numpy.no_such_function", "no_such_module.f", "f"):
        with pytest.raises(ConfigError, match=function):
            CallableMeasure(function, "f", higher_is_better=True)


def test_what_a_measure_says_nothing_about_is_left_out():
    class Picky(Measure):
        name, label, needs_gt = "picky", "Picky", False

        def __call__(self, pred, gt=None):
            if pred.shape[0] < 10:
                raise DataError("too small")
            return float("nan") if pred.max() == 0 else pred.mean()

    plan = Plan((), [Picky()])
    images = {"small": (5, 9), "dark": (20, 20), "fine": (20, 30)}
    measured = {
        name: plan.measure(np.full((*size, 3), 0 if name == "dark" else 8, np.uint8))
        for name, size in images.items()
    }
    (values,) = plan.collect(measured).values()
    assert values.images == {"fine": 8.0}
    assert values.left_out["small"] == "too small"
    assert "nan" in values.left_out["dark"]
    with pytest.raises(DataError, match=r"None of 1 images.*too small"):
        plan.collect({"small": measured["small"]})


def test_floats_are_measured_as_they_are_saved_and_must_be_finite():
    blind = CallableMeasure(brightness, "brightness", higher_is_better=True, needs_gt=False)
    image = np.full((4, 5, 3), 0.5, np.float32)
    assert Plan((), [blind]).measure(image) == {"brightness": 128.0}
    image[0, 0, 0] = np.nan
    with pytest.raises(DataError, match="NaN"):
        Plan((), [blind]).measure(image)
    with pytest.raises(DataError, match="ground truth"):
        Plan(["rgb_u8"]).measure(photo(20, 20))
