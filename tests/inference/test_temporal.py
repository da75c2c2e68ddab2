"""Merging neighbouring frames against flicker, and the measure of it."""

import numpy as np
import pytest

from restorekit.inference.temporal import TemporalFilter, merge
from restorekit.metrics.functional.psnr import psnr
from restorekit.metrics.functional.warp_error import consistent, optical_flow, warp, warp_error
from restorekit.rain import RainRenderer


@pytest.fixture
def panning(scene):
    """Return clean frames: a window that moves over a picture by (2, 1) pixels a frame."""
    picture = scene(3, 200, 280)
    return [picture[i : i + 128, 2 * i : 2 * i + 192] for i in range(9)]


def run(frames, radius):
    temporal = TemporalFilter(radius)
    out = [item for number, frame in enumerate(frames) for item in temporal.add(number, frame)]
    out += temporal.finish()
    assert [number for number, _ in out] == list(range(len(frames)))
    return [frame for _, frame in out], temporal.warp_error()


@pytest.mark.parametrize("radius", [1, 2])
def test_rain_that_is_new_in_each_frame_goes_and_the_moving_scene_stays(panning, radius):
    # As if restoration had left a third of the rain, different in each frame.
    renderer = RainRenderer("rain100l")
    rng = np.random.default_rng(5)
    rainy = [
        np.rint(frame + (renderer(frame, rng).astype(float) - frame) / 3).astype(np.uint8)
        for frame in panning
    ]
    merged, (before, after) = run(rainy, radius)
    gain = [psnr(m, c) - psnr(r, c) for m, r, c in zip(merged, rainy, panning, strict=True)]
    assert min(gain) > 0
    assert np.mean(gain) > 1
    assert after < 0.7 * before


def test_frames_without_rain_stay_as_good(panning):
    merged, (before, after) = run(panning, 1)
    assert min(psnr(m, c) for m, c in zip(merged, panning, strict=True)) > 34
    assert after <= before


def test_a_cut_is_not_smeared(scene):
    first, second = scene(1, 96, 128), scene(2, 96, 128)
    merged, _ = run([first, first, second, second], 1)
    assert psnr(merged[1], first) > 40
    assert psnr(merged[2], second) > 40


def test_sixteen_bits_and_tiny_frames(panning):
    deep = [frame.astype(np.uint16) * 257 for frame in panning[:3]]
    merged, _ = run(deep, 1)
    eight, _ = run(panning[:3], 1)
    assert merged[1].dtype == np.uint16
    assert np.abs(merged[1] / 257 - eight[1]).max() < 8
    tiny = [frame[:20, :24] for frame in panning[:3]]
    merged, error = run(tiny, 1)
    assert error is None
    np.testing.assert_array_equal(merged[1], tiny[1])


def test_one_frame_alone_stays_as_it_is(panning):
    (merged,), error = run(panning[:1], 2)
    np.testing.assert_array_equal(merged, panning[0])
    assert error is None


def test_untrusted_neighbours_change_nothing(panning):
    present, other = panning[0], 255 - panning[0]
    nothing = np.zeros(present.shape[:2], bool)
    flow = np.zeros((*present.shape[:2], 2), np.float32)
    merged = merge(present, [other, other], [flow, flow], [nothing, nothing])
    np.testing.assert_array_equal(merged, present)


def test_memory_holds_the_window_only(panning):
    temporal = TemporalFilter(2)
    for number in range(30):
        list(temporal.add(number, panning[number % 9]))
        assert len(temporal._window) <= 5
        assert len(temporal._flows) <= 20


def test_flow_finds_a_known_motion(panning):
    flow = optical_flow(panning[0][..., 1].copy(), panning[1][..., 1].copy())
    inner = flow[20:-20, 20:-20]
    # The window moves by (2, 1), so its content moves by (-2, -1).
    np.testing.assert_allclose(np.median(inner, axis=(0, 1)), [-2, -1], atol=0.1)


def test_warp_error_of_a_known_difference():
    first = np.full((40, 60, 3), 100, np.uint8)
    flow = np.zeros((40, 60, 2), np.float32)
    every = np.ones((40, 60), bool)
    assert warp_error(first, first + 51, flow, every) == pytest.approx(0.2**2)
    assert warp_error(first, first + 51, flow, ~every) == 0
    left = every.copy()
    left[:, 30:] = False
    second = first.copy()
    second[:, 30:] = 255
    assert warp_error(first, second, flow, left) == 0
    assert warp_error(np.uint16(first) * 257, np.uint16(first + 51) * 257, flow, every, 65535) == (
        pytest.approx(0.2**2)
    )


def test_warp_moves_by_whole_pixels_exactly():
    image = np.random.default_rng(0).integers(0, 255, (30, 40, 3)).astype(np.uint8)
    flow = np.zeros((30, 40, 2), np.float32)
    flow[..., 0], flow[..., 1] = 3, -2
    np.testing.assert_allclose(warp(image, flow)[5:-5, 5:-5], image[3:-7, 8:-2], atol=1e-3)


def test_flows_that_do_not_lead_back_are_inconsistent():
    there = np.zeros((40, 40, 2), np.float32)
    there[..., 0] = 4
    agree = consistent(there, -there)
    assert agree[:, :35].all()
    assert not agree[:, 37:].any()  # leaves the frame
    assert not consistent(there, there).any()
