"""Curves over trainings: which values they show, smoothed and joined over seeds."""

import numpy as np
import pytest
from figure_samples import write_training

from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.evaluation.history import read_history, series
from restorekit.figures import curves
from restorekit.figures.training_curves import read_curve, smoothen

KEY = "psnr/rgb_float"


def lines(axes):
    return [np.column_stack(line.get_data()) for line in axes.get_lines()]


def test_values_are_those_of_the_history(tmp_path):
    run = write_training(tmp_path / "a", [20, 24, 23])
    figure = curves({"A": [run]}, [KEY])
    (axes,) = figure.axes
    np.testing.assert_array_equal(lines(axes)[0], [[10, 20], [20, 24], [30, 23]])
    assert axes.get_xlabel() == "iteration"
    assert axes.get_ylabel() == "PSNR (dB), rgb_float"


def test_losses_are_those_of_training(tmp_path):
    run = write_training(tmp_path / "a", [20, 24], loss=3.0)
    assert series(read_history(run / "history.csv"))["loss"] == [(10, 3.0), (20, 1.5)]


def test_seeds_become_a_mean_and_a_band(tmp_path):
    values = np.array([[20.0, 24, 23, 30], [22.0, 23, 25, 0], [21.0, 28, 27, 0]])[:, :3]
    runs = [write_training(tmp_path / str(seed), own) for seed, own in enumerate(values)]
    (axes,) = curves({"A": runs}, [KEY]).axes
    np.testing.assert_allclose(lines(axes)[0][:, 1], values.mean(axis=0))
    (band,) = axes.collections
    ends = band.get_paths()[0].vertices
    deviation = values.std(axis=0, ddof=1)
    for step, mean, spread in zip([10, 20, 30], values.mean(axis=0), deviation, strict=True):
        own = ends[ends[:, 0] == step, 1]
        assert own.min() == pytest.approx(mean - spread)
        assert own.max() == pytest.approx(mean + spread)


def test_only_iterations_of_every_seed_count(tmp_path):
    runs = [write_training(tmp_path / "a", [1, 2, 3]), write_training(tmp_path / "b", [4, 5], 20)]
    curve = read_curve("A", runs, KEY)
    assert curve.x.tolist() == [20]
    assert curve.mean.tolist() == [3.0]
    third = write_training(tmp_path / "c", [1], 7)
    with pytest.raises(DataError, match="no iteration in common"):
        read_curve("A", [*runs, third], KEY)


@pytest.mark.parametrize("count", [1, 3, 5, 99])
def test_smoothing_is_a_centred_mean(count):
    values = np.random.default_rng(0).normal(size=9)
    expected = []
    for index in range(9):
        reach = min(count // 2, index, 8 - index)
        expected.append(values[index - reach : index + reach + 1].mean())
    np.testing.assert_allclose(smoothen(values, count), expected)


def test_smoothing_leaves_a_straight_line_alone():
    line = np.linspace(3, 7, 12)
    np.testing.assert_allclose(smoothen(line, 5), line)


def test_labels_are_shown_as_they_are(tmp_path):
    runs = {"_$x": [write_training(tmp_path / "a", [1, 2])], "a & <b>": [tmp_path / "a"]}
    (axes,) = curves(runs, [KEY]).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(runs)


def test_each_curve_has_its_own_dashes_and_colour(tmp_path):
    run = write_training(tmp_path / "a", [1, 2])
    (axes,) = curves({str(number): [run] for number in range(7)}, [KEY]).axes
    assert len({line.get_color() for line in axes.get_lines()}) == 7
    assert len({str(line._unscaled_dash_pattern) for line in axes.get_lines()}) == 7


def test_a_panel_for_each_key(tmp_path):
    run = write_training(tmp_path / "a", [1, 2])
    figure = curves({"A": [run]}, [KEY, "loss"], width=174)
    assert [axes.get_ylabel() for axes in figure.axes] == ["PSNR (dB), rgb_float", "loss"]
    assert figure.get_size_inches()[0] * 25.4 == pytest.approx(174)


@pytest.mark.parametrize(
    ("keys", "options", "error", "text"),
    [
        (["psnr/rgb_flaot"], {}, UnknownNameError, "Did you mean 'psnr/rgb_float'"),
        ([KEY], {"smooth": 4}, ConfigError, "not 4"),
        ([KEY], {"x": "hours"}, ConfigError, "hours"),
        ([KEY], {"x": "epoch"}, ConfigError, "epoch"),
        ([], {}, ConfigError, "keys"),
    ],
)
def test_what_cannot_be_drawn_is_refused(tmp_path, keys, options, error, text):
    run = write_training(tmp_path / "a", [1, 2])
    with pytest.raises(error, match=text):
        curves({"A": [run]}, keys, **options)


def test_a_folder_without_history_is_named(tmp_path):
    with pytest.raises(DataError, match=r"history\.csv"):
        curves({"A": [tmp_path]}, [KEY])
