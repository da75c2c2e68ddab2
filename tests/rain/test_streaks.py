"""Single streaks, against what a rectangle blurred by two boxes must look like."""

import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from restorekit.rain.streaks import Streaks, draw_streaks

SHAPE = (81, 97)


def streaks(*, x=48.0, y=40.0, direction=0.0, length=20.0, width=4.0, opacity=1.0, **blur):
    values = np.broadcast_arrays(x, y, direction, length, width, opacity)
    arrays = [np.array(value, np.float32).reshape(-1) for value in values]
    return Streaks(*arrays, **{"motion_blur": 0.0, "softness": 0.0, **blur})


def half_width(profile, step):
    """Full width at half maximum of a sampled profile with one flat top."""
    return (profile >= profile.max() / 2).sum() * step


@pytest.mark.parametrize("direction", [-80, -45, -20, 0, 7.5, 44, 60, 89])
@pytest.mark.parametrize("blur", [(0.0, 0.0), (0.5, 0.3), (1.0, 1.0)])
def test_opacity_adds_up_to_the_area(direction, blur):
    one = streaks(direction=direction, opacity=0.6, motion_blur=blur[0], softness=blur[1])
    assert draw_streaks(SHAPE, one).sum() == pytest.approx(0.6 * 20 * 4, rel=0.03)


@pytest.mark.parametrize(("x", "y"), [(48, 40), (48.3, 40.75)])
def test_vertical_streak_is_the_product_of_two_averaged_boxes(x, y):
    def averaged(centre, size, blur, position):
        # The box sampled finely, and averaged over the other box.
        offsets = (np.arange(20000) + 0.5) / 20000 * blur - blur / 2
        return np.mean(np.abs(position + offsets - centre) <= size / 2)

    drawn = draw_streaks(SHAPE, streaks(x=x, y=y, length=9, width=3, motion_blur=0.6, softness=0.8))
    along = [averaged(y, 9, 5.4, row) for row in range(SHAPE[0])]
    across = [averaged(x, 3, 2.4, column) for column in range(SHAPE[1])]
    np.testing.assert_allclose(drawn, np.outer(along, across), atol=2e-3)


@pytest.mark.parametrize("direction", [-75, -30, 0, 20, 45, 66])
@pytest.mark.parametrize("blur", [0.2, 1.0])
def test_length_and_width_are_those_at_half_opacity(direction, blur):
    one = streaks(
        x=100, y=90, direction=direction, length=60, width=12, motion_blur=blur, softness=blur
    )
    drawn = draw_streaks((180, 200), one)
    radians, step = np.radians(direction), 0.05
    t = np.arange(-80, 80, step)
    down, right = t * np.cos(radians), t * np.sin(radians)
    along = map_coordinates(drawn, [90 + down, 100 + right], order=1)
    across = map_coordinates(drawn, [90 - right, 100 + down], order=1)
    assert half_width(along, step) == pytest.approx(60, abs=3)
    # Across a streak one also comes nearer to its ends, which are cut along the rows.
    assert half_width(across, step) == pytest.approx(12, abs=1.2)
    assert drawn.max() == pytest.approx(1, abs=0.06 if blur == 1 else 1e-5)


def test_motion_blur_and_softness_fade_ends_and_sides():
    sharp = draw_streaks(SHAPE, streaks())
    soft = draw_streaks(SHAPE, streaks(motion_blur=0.8, softness=0.8))
    assert ((sharp > 0.05) & (sharp < 0.95)).mean() < ((soft > 0.05) & (soft < 0.95)).mean() / 2


@pytest.mark.parametrize("direction", [0, 25, -70])
def test_fractions_of_a_pixel_move_a_streak(direction):
    grid = np.indices(SHAPE)
    for x, y in [(48, 40), (48.25, 40), (47.6, 40.5)]:
        drawn = draw_streaks(SHAPE, streaks(x=x, y=y, direction=direction))
        centre = (grid * drawn).sum(axis=(1, 2)) / drawn.sum()
        np.testing.assert_allclose(centre, [y, x], atol=0.04)


def test_directions_lean_as_told():
    # Positive: the lower end is further right.
    drawn = draw_streaks(SHAPE, streaks(direction=30))
    assert drawn[48, 48 + 5] > 0.5
    assert drawn[48, 48 - 5] == 0


def test_flat_streaks_are_steep_ones_transposed():
    steep = draw_streaks(SHAPE, streaks(x=50.2, y=33.3, direction=21, motion_blur=0.5))
    flat = draw_streaks(SHAPE[::-1], streaks(x=33.3, y=50.2, direction=69, motion_blur=0.5))
    np.testing.assert_allclose(flat.T, steep, atol=1e-5)


def test_crossing_streaks_add_up_to_at_most_one():
    def draw(*opacities):
        return draw_streaks(SHAPE, streaks(opacity=list(opacities), width=5))[40, 48]

    assert draw(0.25, 0.5) == pytest.approx(0.75)
    assert draw(0.25, 0.5, 0.9) == 1


def test_many_streaks_are_the_sum_of_each():
    rng = np.random.default_rng(0)
    many = {
        "x": rng.uniform(-10, 107, 300),
        "y": rng.uniform(-10, 91, 300),
        "direction": rng.uniform(-90, 90, 300),
        "length": rng.uniform(0, 40, 300),
        "width": rng.uniform(0, 6, 300),
        "opacity": rng.uniform(0, 0.02, 300),
    }
    together = draw_streaks(SHAPE, streaks(**many))
    each = [
        draw_streaks(SHAPE, streaks(**{k: v[i] for k, v in many.items()}, motion_blur=0))
        for i in range(300)
    ]
    np.testing.assert_allclose(together, np.sum(each, axis=0), atol=1e-5)
    backwards = draw_streaks(SHAPE, streaks(**{k: v[::-1] for k, v in many.items()}))
    np.testing.assert_allclose(backwards, together, atol=1e-6)


def test_a_small_canvas_shows_a_part_of_a_large_one():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 97, 80), rng.uniform(0, 81, 80)
    direction = rng.uniform(-90, 90, 80)
    whole = draw_streaks(SHAPE, streaks(x=x, y=y, direction=direction, opacity=0.1))
    part = draw_streaks((30, 23), streaks(x=x - 40, y=y - 20, direction=direction, opacity=0.1))
    np.testing.assert_allclose(part, whole[20:50, 40:63], atol=1e-5)


def test_nothing_to_draw():
    assert not draw_streaks(SHAPE, streaks(x=-400)).any()
    assert not draw_streaks(SHAPE, streaks(length=0)).any()
    none = draw_streaks((3, 5), streaks(x=np.zeros(0)))
    assert none.shape == (3, 5)
    assert none.dtype == np.float32
    assert not none.any()
