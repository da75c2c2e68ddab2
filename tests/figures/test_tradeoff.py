"""Quality against cost: the Pareto front, several seeds, and names that do not overlap."""

import itertools

import numpy as np
import pytest
from figure_samples import sample
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.evaluation.schema import RAINY_INPUT
from restorekit.figures import scatter
from restorekit.figures.tradeoff import Method, find_methods, pareto_front

KEY = "psnr/rgb_float"


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("seed", range(20))
def test_front_is_what_nothing_beats(seed, sign):
    rng = np.random.default_rng(seed)
    points = rng.integers(1, 6, (rng.integers(1, 9), 2)).tolist()
    methods = [Method(str(index), *point, 0.0) for index, point in enumerate(points)]
    front = pareto_front(methods, sign)
    costs = [one.cost for one in front]
    assert costs == sorted(costs)
    for one in methods:
        beaten = any(
            (other.cost < one.cost and sign * other.quality >= sign * one.quality)
            or (other.cost == one.cost and sign * other.quality > sign * one.quality)
            for other in methods
        )
        assert (one in front) is not beaten


def test_seeds_of_a_method_are_one_point_and_the_input_is_none():
    results = [
        sample("A", 30.0, 100), sample("A", 32.0, 100), sample("A", 34.0, 100),
        sample("B", 31.0, 50), sample(RAINY_INPUT, 20.0, None),
    ]  # fmt: skip
    assert find_methods(results, KEY, "macs") == [("A", 100, 32.0, 2.0), ("B", 50, 31.0, 0.0)]


def test_front_is_filled_and_joined():
    results = [sample("A", 30.0, 100), sample("B", 32.0, 200), sample("C", 29.0, 150)]
    (axes,) = scatter(results, KEY).axes
    filled = {
        line.get_xdata()[0]: line.get_markerfacecolor() != "white"
        for line in axes.get_lines()
        if line.get_marker() in {"o", "s", "^"}
    }
    assert filled == {100: True, 200: True, 150: False}
    assert [(100, 30), (200, 30), (200, 32)] in [
        list(zip(*line.get_data(), strict=True)) for line in axes.get_lines()
    ]
    assert axes.get_ylabel() == "PSNR (dB), rgb_float"


def test_names_overlap_neither_each_other_nor_the_edge():
    # Five methods in nearly the same place.
    results = [
        sample(f"Method {index}", 30 + 0.05 * index, 100 * 1.02**index) for index in range(5)
    ]
    results.append(sample("_$a$ far", 40.0, 10000))
    figure = scatter(results, KEY)
    (axes,) = figure.axes
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    renderer = canvas.get_renderer()
    boxes = [Text.get_window_extent(text, renderer) for text in axes.texts]
    assert [text.get_text() for text in axes.texts][-1] == "_$a$ far"
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)
    for box in boxes:
        assert figure.bbox.x0 <= box.x0
        assert box.x1 <= figure.bbox.x1


def test_equal_points_can_be_drawn():
    (axes,) = scatter([sample("A", 30.0, 100), sample("B", 30.0, 100)], KEY).axes
    assert axes.get_xlim()[0] < 100 < axes.get_xlim()[1]


@pytest.mark.parametrize(
    ("results", "options", "error", "text"),
    [
        ([sample("A", 30.0, 1)], {"against": "mac"}, UnknownNameError, "Did you mean 'macs'"),
        ([sample("A", 30.0, 1)], {"key": "psnr/rgb_flaot"}, UnknownNameError, "'psnr/rgb_float'"),
        ([sample("A", 30.0, None)], {}, DataError, "A do not know its MACs"),
        ([sample(RAINY_INPUT, 30.0, None)], {}, ConfigError, "no methods"),
        ([sample("A", 30.0, 1), sample("B", 3.0, 1, "b")], {}, DataError, "2 test sets"),
        (
            [sample("A", 30.0, 1), sample("B", 31.0, 1, device="cuda")],
            {"against": "seconds"},
            DataError,
            "cpu, cuda",
        ),
    ],
)
def test_what_does_not_compare_is_refused(results, options, error, text):
    with pytest.raises(error, match=text):
        scatter(results, **{"key": KEY, **options})
