"""Figures that compare methods: what they show, and that it is what was measured."""

import numpy as np
import pytest
from figure_samples import ERRORS, HEIGHT, WIDTH
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.image import AxesImage
from PIL import Image
from scenes import save
from skimage.metrics import peak_signal_noise_ratio

from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.figures import Box, compare
from restorekit.figures.boxes import most_different, parse_box
from restorekit.figures.rows import GROUND_TRUTH


def pixels(path):
    return np.asarray(Image.open(path).convert("RGB"))


def pictures(figure):
    """Return the arrays of all pictures in the order in which they were drawn."""
    return [one.get_array() for one in figure.findobj(AxesImage)]


def texts(figure):
    return [text.get_text() for text in figure.texts]


def test_crop_shows_exactly_its_pixels(images):
    box = Box(37, 21, 30, 20)
    comparison = compare(images, gt="gt", lq="lq", pick=["rain-1"], crops=[box])
    files = ["lq/rain-1.png", *(f"{label}/rain-1.png" for label in ERRORS), "gt/norain-1.png"]
    shown = [one for one in pictures(comparison.figure) if one.shape[:2] == (20, 30)]
    assert len(shown) == len(files)
    for part, file in zip(shown, files, strict=True):
        np.testing.assert_array_equal(part, pixels(file)[21:41, 37:67])


def test_crops_may_be_written_as_text(images):
    (row,) = compare(images, gt="gt", pick=["rain-1"], crops=["3,4,20,10", "auto"]).rows
    assert row.boxes[0] == Box(3, 4, 20, 10)
    assert row.boxes[1] == compare(images, gt="gt", pick=["rain-1"]).rows[0].boxes[0]
    with pytest.raises(ConfigError, match="'automatic' must be x,y,width,height"):
        compare(images, gt="gt", crops=["automatic"])


@pytest.mark.parametrize("inset", [False, True])
def test_box_is_drawn_around_its_pixels(images, inset):
    box = Box(70, 5, 20, 15)
    figure = compare(images, gt="gt", pick=["rain-0"], crops=[box], inset=inset).figure
    whole = [axes for axes in figure.axes if axes.get_xlim() == (0, WIDTH)]
    assert len(whole) == 3
    for axes in whole:
        assert axes.get_ylim() == (HEIGHT, 0)
        (outline,) = axes.patches
        assert outline.get_bbox().bounds == tuple(box)
    if inset:
        # The box is above on the right: the part lies below on the left.
        part = next(axes for axes in figure.axes if axes not in whole)
        assert part.get_position().p0 == pytest.approx(whole[0].get_position().p0)


def test_automatic_crop_covers_where_the_methods_differ(images):
    (row,) = compare(images, gt="gt", pick=["rain-0"]).rows
    (box,) = row.boxes
    assert (box.width, box.height) == (24, 16)
    # Of the 20 by 20 pixels that differ, as many as fit into the box.
    assert 36 <= box.x <= 40
    assert 30 <= box.y <= 34


def test_automatic_crop_against_every_position():
    rng = np.random.default_rng(1)
    first, second, third = rng.integers(0, 256, (3, 30, 44, 3), dtype=np.uint8)
    box = most_different([first, second, third])
    stack = np.stack([first, second, third]).astype(float)
    span = (stack.max(axis=0) - stack.min(axis=0)).mean(axis=2)
    means = {
        (y, x): span[y : y + box.height, x : x + box.width].mean()
        for y in range(30 - box.height + 1)
        for x in range(44 - box.width + 1)
    }
    assert (box.y, box.x) == max(means, key=means.__getitem__)


@pytest.mark.parametrize(
    ("pick", "of", "expected"),
    [
        ("worst", None, ["rain-1", "rain-2"]),
        ("best", None, ["rain-0", "rain-2"]),
        ("worst", "Plain", ["rain-0", "rain-2"]),
        ("largest-difference", None, ["rain-0", "rain-1"]),
        (["rain-2", "rain-0"], None, ["rain-2", "rain-0"]),
    ],
)
def test_known_images_are_picked(images, pick, of, expected):
    rows = compare(images, gt="gt", pick=pick, of=of, count=2).rows
    assert [row.name for row in rows] == expected


def test_numbers_below_are_those_of_an_independent_program(images):
    figure = compare(images, gt="gt", lq="lq", pick=["rain-2"], crops=[]).figure
    clean = pixels("gt/norain-2.png")
    shown = texts(figure)
    for file in ["lq/rain-2.png", *(f"{label}/rain-2.png" for label in ERRORS)]:
        psnr = peak_signal_noise_ratio(clean, pixels(file))
        assert any(text.startswith(f"{psnr:.2f} / ") for text in shown), file
    assert "PSNR (dB) / SSIM" in shown


def test_labels_are_shown_as_they_are(images):
    labels = {"_$\\frac{": images["Plain"], "<b>&": images["Ours & co"]}
    figure = compare(labels, gt="gt", crops=[]).figure
    assert texts(figure)[:3] == [*labels, GROUND_TRUTH]
    assert not any(text.get_parse_math() for text in figure.texts)


def test_texts_fit_their_columns(images):
    words, word = "A label longer than its column", "Supercalifragilistic"
    long = {words: images["Plain"], word: images["Plain"], **images}
    figure = compare(long, gt="gt", lq="lq", crops=[], width=84).figure
    assert {word, *words.split()} <= {part for text in texts(figure) for part in text.split()}
    renderer = FigureCanvasAgg(figure).get_renderer()
    column = figure.bbox.width / 6
    for text in figure.texts:
        assert text.get_window_extent(renderer).width <= column


def test_error_maps_show_the_error_on_a_scale_of_the_methods(images):
    figure = compare(
        images, gt="gt", lq="lq", pick=["rain-0", "rain-1"], crops=[], error_maps=True
    ).figure
    maps = [one for one in figure.findobj(AxesImage) if one.get_array().ndim == 2]
    assert len(maps) == 2 * 3
    # The input's error is 50 everywhere; the methods' is 30 in the worst square.
    assert {one.get_clim() for one in maps} == {(0, 30)}
    assert maps[0].get_array().min() == maps[0].get_array().max() == 50
    assert maps[1].get_array()[30:50, 40:60].min() == 30
    assert maps[1].get_array().sum() == 30 * 20 * 20


def test_images_without_clean_ones_are_measured_without(images):
    comparison = compare({"A": "lq", "B": images["Plain"]}, metrics=["niqe"], pick=["rain-0"])
    assert set(comparison.rows[0].values) == {"A", "B"}
    assert set(comparison.rows[0].values["A"]) == {"niqe/matlab_gray"}


def test_several_inputs_of_one_clean_image_keep_their_partners(tmp_path):
    rng = np.random.default_rng(0)
    gt = rng.integers(60, 180, (20, 30, 3), dtype=np.uint8)
    save(tmp_path / "gt/1.png", gt)
    for number, error in enumerate([1, 9], start=1):
        for folder in ("a", "b"):
            save(tmp_path / folder / f"1_{number}.png", gt + np.uint8(error))
    (row,) = compare(
        {"A": tmp_path / "a", "B": tmp_path / "b"}, gt=tmp_path / "gt", pick="worst", crops=[]
    ).rows
    assert row.name == "1_2"
    np.testing.assert_array_equal(row.images["A"], gt + 9)
    np.testing.assert_array_equal(row.images["B"], gt + 9)


def test_a_missing_image_is_named(images, tmp_path):
    (tmp_path / "Plain/rain-1.png").unlink()
    with pytest.raises(DataError, match=r"rain-\d\.png has no partner"):
        compare(images, gt="gt")


def test_images_of_another_size_are_refused(images, tmp_path):
    save(tmp_path / "Plain/rain-1.png", np.zeros((HEIGHT, WIDTH + 2, 3), np.uint8))
    with pytest.raises(DataError, match=r"98×60 .* 96×60"):
        compare(images, gt="gt")


@pytest.mark.parametrize(
    ("changes", "error", "text"),
    [
        ({"pick": ["rain-4"]}, UnknownNameError, "rain-"),
        ({"pick": "wrost"}, UnknownNameError, "Did you mean 'worst'"),
        ({"of": "Plane"}, UnknownNameError, "Did you mean 'Plain'"),
        ({"protocol": "rgb_flaot"}, UnknownNameError, "Did you mean 'rgb_float'"),
        ({"crops": [Box(90, 0, 10, 10)]}, ConfigError, "90,0,10,10.*96×60"),
        ({"count": 0}, ConfigError, "not 0"),
        ({"width": 5}, ConfigError, "5 mm"),
        ({"gt": None, "error_maps": True}, ConfigError, "--gt"),
        ({"gt": None, "pick": "worst"}, ConfigError, "--gt"),
        ({"crops": [Box(0, 0, 9, 9)] * 5}, ConfigError, "not 5"),
    ],
)
def test_what_does_not_fit_together_is_refused(images, changes, error, text):
    with pytest.raises(error, match=text):
        compare(images, **{"gt": "gt", **changes})


def test_one_method_alone_differs_from_nothing(images):
    with pytest.raises(ConfigError, match="--gt or --lq"):
        compare({"Plain": images["Plain"]})
    (row,) = compare({"Plain": images["Plain"]}, gt="gt").rows
    assert row.name == "rain-0"


@pytest.mark.parametrize("text", ["1,2,3", "1,2,0,4", "-1,2,3,4", "a,b,c,d", "1.5,2,3,4"])
def test_crops_are_whole_pixels(text):
    with pytest.raises(ConfigError, match="x,y,width,height"):
        parse_box(text)
    assert parse_box("1,2,30,4") == Box(1, 2, 30, 4)
