"""Parts cover every pixel, lie within the image, and hold what a network has to see."""

import math
import random

import pytest
import torch

from restorekit.errors import ConfigError
from restorekit.inference.parts import TileMode, blended_parts, exact_parts
from restorekit.inference.tiles import parse_tile
from restorekit.inference.views import EIGHT, Box


def coverage(parts, height, width):
    found = torch.zeros(height, width)
    for part in parts:
        region = part.region
        weight = 1.0 if part.weight is None else part.weight()
        found[region.top : region.bottom, region.left : region.right] += weight
    return found


def within(parts, height, width):
    for window, region in ((part.window, part.region) for part in parts):
        assert 0 <= window.top <= region.top < region.bottom <= window.bottom <= height
        assert 0 <= window.left <= region.left < region.right <= window.right <= width


def many_cases(seed):
    """Return height, width, inner side, context or overlap, period; many at the limits."""
    draw = random.Random(seed)
    for _ in range(300):
        sides = [draw.choice([1, 2, 150, *range(3, 150, 7)]) + draw.randint(0, 6) for _ in "hw"]
        yield pytest.param(*sides, draw.randint(1, 9), draw.randint(1, 3), draw.choice([1, 2, 8]))


@pytest.mark.parametrize(("height", "width", "inner", "context", "period"), list(many_cases(0)))
def test_exact_parts(height, width, inner, context, period):
    inner, context = inner * period, context * period
    parts = exact_parts(height, width, (inner, inner), context, period)
    within(parts, height, width)
    assert (coverage(parts, height, width) == 1).all()
    for part in parts:
        assert part.window.top % period == part.window.left % period == 0
        # What is seen around the region is the context, or everything up to the border.
        for low, first, last, high, side in (
            (part.window.top, part.region.top, part.region.bottom, part.window.bottom, height),
            (part.window.left, part.region.left, part.region.right, part.window.right, width),
        ):
            assert low == 0 or first - low >= context
            assert high == side or high - last >= context
            assert high - low <= inner + 2 * context or (low == 0 and high == side)


@pytest.mark.parametrize(("height", "width", "inner", "overlap", "period"), list(many_cases(1)))
def test_blended_parts(height, width, inner, overlap, period):
    inner, overlap = inner * period, overlap * period
    parts = blended_parts(height, width, (inner, inner), overlap, period)
    within(parts, height, width)
    assert coverage(parts, height, width).min() > 0
    for part in parts:
        assert part.window.top % period == part.window.left % period == 0
        assert part.window.height <= inner + overlap
        assert part.window.width <= inner + overlap


def test_weights_of_two_neighbours_add_up_to_one():
    parts = blended_parts(100, 16, (48, 48), 16, 4)
    found = coverage(parts, 100, 16)
    torch.testing.assert_close(found, torch.ones(100, 16))


def test_pasted_tiles_are_those_of_a_main_grid_and_flush_borders():
    parts = TileMode(256).parts(321, 600)
    assert [part.window for part in parts] == [
        Box(0, 256, 0, 256), Box(0, 256, 256, 512), Box(0, 256, 344, 600),
        Box(65, 321, 0, 256), Box(65, 321, 256, 512), Box(65, 321, 344, 600),
    ]  # fmt: skip
    assert parts[-1].region == Box(256, 321, 512, 600)
    assert (coverage(parts, 321, 600) == 1).all()


def test_radial_weights_fall_with_the_distance_from_the_centre():
    mode = TileMode(128, 108, "radial")
    parts = mode.parts(200, 128)
    assert [part.window.top for part in parts] == [0, 72]
    weight = parts[0].weight()
    for y, x in ((64, 64), (0, 0), (64, 100)):
        expected = 1 / math.sqrt((y - 64) ** 2 + (x - 64) ** 2 + 1e-3)
        assert weight[y, x] == pytest.approx(expected, rel=1e-5)


def test_corner_crops_are_averaged():
    parts = TileMode(4, merge="corners").parts(10, 8)
    assert [part.window for part in parts] == [Box(0, 8, 0, 8), Box(2, 10, 0, 8)]
    assert coverage(parts, 10, 8)[:, 0].tolist() == [1, 1, 2, 2, 2, 2, 2, 2, 1, 1]


@pytest.mark.parametrize("view", EIGHT, ids=str)
def test_views_are_undone_and_aligned(view):
    image = torch.arange(7 * 10.0).view(7, 10)
    assert torch.equal(view.undo(view.apply(image)), image)
    window = view.aligned(Box(2, 5, 3, 6), 7, 10, 4)
    assert max(window.top - 2, window.left - 3, 5 - window.bottom, 6 - window.right) <= 0
    seen = view.apply(image[window.top : window.bottom, window.left : window.right])
    whole = view.apply(image)
    first = (whole == seen[0, 0]).nonzero()[0]
    assert (first % 4 == 0).all()


def test_the_views_are_all_flips_and_rotations():
    image = torch.arange(6.0).view(2, 3)
    turned = [torch.rot90(flipped, k) for flipped in (image, image.flip(1)) for k in range(4)]
    found = [view.apply(image) for view in EIGHT]
    assert all(any(torch.equal(one, other) for other in found) for one in turned)
    assert len({str(one) for one in found}) == 8


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("auto", "auto"), ("off", "off"), (None, "off"), (256, 256), ("256", 256),
        ({"size": 128, "stride": 108, "merge": "radial"}, TileMode(128, 108, "radial")),
    ],
)  # fmt: skip
def test_the_option_is_read(value, meant):
    assert parse_tile(value) == meant


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"), ("-3", "-3"), ("big", "big"), (True, "True"), (31, "31"), (1.5, "1.5"),
        ({"size": 8, "overlap": 3}, "overlap"), ({"size": 8, "stride": 9}, "gaps"),
        ({"size": 8, "merge": "past"}, "paste"), ({"size": "8"}, "'8'"),
    ],
)  # fmt: skip
def test_an_option_that_means_nothing_is_refused(value, said):
    with pytest.raises(ConfigError, match=said):
        parse_tile(value)
