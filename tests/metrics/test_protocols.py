from __future__ import annotations

import dataclasses
import json
import math

import cv2
import numpy as np
import pytest
from metric_references import REFERENCES, photo, restored, saved

from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.metrics import protocols as module
from restorekit.metrics.functional import SSIMSpec
from restorekit.metrics.protocols import (
    PROTOCOLS,
    Protocol,
    build_protocol,
    get_protocol,
    measure_all,
    register_protocol,
)

SIZES = [(481, 321), (512, 512), (512, 384), (67, 43)]


def test_every_built_in_protocol_has_a_reference():
    assert list(PROTOCOLS) == list(REFERENCES)
    assert all(protocol.description for protocol in PROTOCOLS.values())


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", REFERENCES)
def test_equals_an_independent_implementation(name, size):
    gt = photo(*size)
    pred = restored(gt)
    assert pred.min() < 0
    assert pred.max() > 1
    ours = get_protocol(name).measure(pred, gt.astype(np.float32) / 255)
    psnr, ssim = REFERENCES[name](pred, gt)
    assert ours["psnr"] == pytest.approx(psnr, abs=1e-6)
    # Ours is given the ground truth in single precision, which only rounding to uint8 undoes.
    digits = 1e-7 if get_protocol(name).quantize == "none" else 1e-10
    assert ours["ssim"] == pytest.approx(ssim, abs=digits)


@pytest.mark.parametrize("size", [(64, 81), (260, 257)])
@pytest.mark.parametrize("as_saved", [False, True])
def test_several_in_one_pass_are_the_same_numbers(size, as_saved):
    gt = photo(*size)
    pred = saved(restored(gt)) if as_saved else restored(gt)
    floor = Protocol("floor", quantize="floor")
    several = [*PROTOCOLS.values(), floor]
    expected = {protocol.name: protocol.measure(pred, gt) for protocol in several}
    assert measure_all(several, pred, gt) == expected


@pytest.mark.parametrize("size", [(64, 81), (260, 257)])
@pytest.mark.parametrize(
    "name", [name for name, protocol in PROTOCOLS.items() if protocol.quantize != "none"]
)
def test_a_tensor_and_its_png_measure_exactly_the_same(name, size, tmp_path):
    gt = photo(*size)
    pred = restored(gt)
    path = str(tmp_path / "saved.png")
    # BGR and RGB alike: written and read the same way round.
    cv2.imwrite(path, np.rint(np.clip(pred, 0, 1) * np.float32(255)).astype(np.uint8))
    from_png = get_protocol(name).measure(cv2.imread(path), gt)
    assert from_png == get_protocol(name).measure(pred, gt.astype(np.float32) / 255)


def test_floor_is_another_protocol():
    gt = photo(64, 81)
    pred = restored(gt)
    by_hand = np.clip(pred, 0, 1) * np.float32(255)
    floor = Protocol("floor", quantize="floor")
    assert floor.measure(pred, gt) == get_protocol("rgb_u8").measure(by_hand.astype(np.uint8), gt)


def test_y_float_differs_from_basicsr_y_in_rounding_only():
    gt = photo(64, 81)
    pred = restored(gt)
    floats, rounded = get_protocol("y_float"), get_protocol("basicsr_y")
    assert floats.measure(saved(pred), gt) == rounded.measure(saved(pred), gt)
    assert floats.measure(pred, gt) != rounded.measure(pred, gt)


@pytest.mark.parametrize("crop", [1, 4, 13])
@pytest.mark.parametrize("name", REFERENCES)
def test_cropping_the_border_equals_cropping_by_hand(name, crop):
    # Without the crop, ssim.m would downsample it.
    gt = photo(400, 390)
    pred = restored(gt)
    protocol = dataclasses.replace(get_protocol(name), name="cropped", crop_border=crop)
    by_hand = [image[crop:-crop, crop:-crop] for image in (pred, gt)]
    expected = get_protocol(name).measure(*by_hand)
    both = measure_all([get_protocol(name), protocol], pred, gt)
    assert both == {name: get_protocol(name).measure(pred, gt), "cropped": expected}
    psnr, ssim = REFERENCES[name](*by_hand)
    assert expected == pytest.approx({"psnr": psnr, "ssim": ssim}, abs=1e-6)


def test_the_text_of_a_protocol_says_what_it_crops():
    cropped = build_protocol({"name": "own", "base": "basicsr_y", "crop_border": 4})
    assert cropped.crop_border == 4
    assert "Crops 4 pixels" in str(cropped)
    assert str(Protocol("plain", description="Plain.")) == "Plain."


@pytest.mark.parametrize("crop", [10, 12])
def test_a_crop_that_leaves_nothing_is_refused(crop):
    gt = photo(20, 24)
    with pytest.raises(DataError, match=f"20×24.*{crop}"):
        Protocol("cropped", crop_border=crop).measure(gt, gt)
    with pytest.raises(DataError, match="11×11 pixels but the image has 10×14"):
        Protocol("cropped", crop_border=5).measure(gt, gt)


def test_bgr_measures_the_same():
    gt = photo(40, 50)
    pred = restored(gt)
    for name in ("rgb_float", "rgb_float_valid", "rgb_u8"):
        protocol = get_protocol(name)
        assert protocol.measure(pred[..., ::-1], gt[..., ::-1]) == pytest.approx(
            protocol.measure(pred, gt), abs=1e-12
        )


def test_matlab_downsampling_is_all_that_sets_p2_apart_from_p7():
    for size, same in (((321, 481), True), ((383, 383), True), ((384, 384), False)):
        gt = photo(*size)
        pred = restored(gt)
        double = get_protocol("matlab_y_double").measure(pred, gt)
        basicsr = get_protocol("basicsr_y").measure(pred, gt)
        assert double["psnr"] == basicsr["psnr"]
        assert (double["ssim"] == basicsr["ssim"]) is same


@pytest.mark.parametrize("name", REFERENCES)
def test_identical_images_give_100_db_and_valid_json(name):
    image = photo(40, 40)
    measured = get_protocol(name).measure(image, image.copy())
    assert measured == {"psnr": 100.0, "ssim": 1.0}
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured


def test_unclamped_output_shows_in_p4s_ssim_only():
    gt = photo(40, 40)
    pred = (gt / 255).astype(np.float32)
    pred[10:20, 10:20] = 1.0
    bright = pred.copy()
    bright[10:20, 10:20] = 1.4
    for name in REFERENCES:
        inside, outside = (get_protocol(name).measure(image, gt) for image in (pred, bright))
        assert inside["psnr"] == outside["psnr"]
        assert (inside["ssim"] == outside["ssim"]) is (name != "rgb_float")


def test_images_that_cannot_be_measured():
    gt = photo(20, 24)
    broken = restored(gt)
    broken[3, 4, 1], broken[5, 5, 0] = math.nan, math.inf
    protocol = get_protocol("rgb_u8")
    for pred, words in (
        (broken, "restored image has 2 values that are NaN or infinite"),
        (restored(gt)[:19], r"\(19, 24, 3\).*\(20, 24, 3\)"),
        (gt.astype(np.int64), "type int64"),
    ):
        with pytest.raises(DataError, match=words):
            protocol.measure(pred, gt)
    with pytest.raises(DataError, match="grey"):
        protocol.measure(gt[..., 0], gt[..., 0])


def test_unknown_names_get_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'matlab_y_u8'"):
        get_protocol("matlab_y_8")
    with pytest.raises(UnknownNameError, match="Did you mean 'rgb_u8'"):
        build_protocol({"name": "mine", "base": "rgb_u9"})


def test_a_config_describes_a_protocol():
    assert build_protocol("rgb_u8") is PROTOCOLS["rgb_u8"]
    own = build_protocol(
        {"name": "own", "base": "matlab_y_double", "quantize": "none", "ssim": {"padding": "zero"}}
    )
    assert own.color == "y_studio"
    assert own.ssim == SSIMSpec(downsample=True, padding="zero")
    assert "matlab_y_double" in own.description
    assert build_protocol({"name": "plain"}) == Protocol("plain")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"base": "rgb_u8"}, "name="),
        ({"name": "rgb_u8", "quantize": "floor"}, "rgb_u8.*exists"),
        ({"name": "own", "colour": "rgb"}, "Did you mean 'color'"),
        ({"name": "own", "ssim": {"pading": "zero"}}, "Did you mean 'padding'"),
        ({"name": "own", "color": "y_studo"}, "Did you mean 'y_studio'"),
        ({"name": "own", "quantize": "ceil"}, "quantize is 'ceil'"),
        ({"name": "own", "color": "y_pil", "quantize": "none"}, "uint8"),
        ({"name": "o/wn"}, "o/wn"),
        ({"name": "own", "identical_psnr": math.inf}, "JSON"),
        ({"name": "own", "crop_border": -1}, "crop_border is -1"),
        ({"name": "own", "crop_border": 2.5}, "crop_border is 2.5"),
        ({"name": "own", "crop_border": True}, "crop_border is True"),
        ({"name": "own", "crop_boder": 4}, "Did you mean 'crop_border'"),
    ],
)
def test_configs_that_cannot_be_used(config, words):
    with pytest.raises(ConfigError, match=words):
        build_protocol(config)


def test_a_plugin_registers_a_protocol(monkeypatch):
    monkeypatch.setattr(module, "PROTOCOLS", dict(PROTOCOLS))
    mine = Protocol("mine", color="y_full")
    assert register_protocol(mine) is mine
    assert register_protocol(Protocol("mine", color="y_full")) == mine
    assert get_protocol("mine") is mine
    with pytest.raises(ConfigError, match="'rgb_u8' exists"):
        register_protocol(Protocol("rgb_u8", quantize="floor"))
