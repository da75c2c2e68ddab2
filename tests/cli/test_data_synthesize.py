"""``restorekit data synthesize``: pairs, what it says, and exit statuses."""

import numpy as np
import PIL.Image
import pytest

from restorekit.cli import main
from restorekit.datasets import open_pairs
from restorekit.datasets.preparation.synthesis import variant_rng
from restorekit.rain import RainRenderer


@pytest.fixture
def clean(tmp_path):
    folder = tmp_path / "clean"
    folder.mkdir()
    for number in range(3):
        pixels = np.full((40, 60, 3), 60 + 40 * number, np.uint8)
        PIL.Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def call(*arguments):
    return main(["data", "synthesize", *map(str, arguments)])


def test_pairs_and_what_it_says(clean, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = (clean, out, "--preset", "rain100h", "--variants", 2, "--seed", 4, "--workers", 2)
    assert call(*arguments) == 0
    assert capsys.readouterr().out == f"{out} holds 6 pairs.\n"
    pairs = open_pairs(out)
    rainy, back = pairs.read(pairs.names.index("1_2"))
    expected = RainRenderer("rain100h")(back, variant_rng(4, "1", 1))
    np.testing.assert_array_equal(rainy, expected)
    assert call(*arguments) == 0
    assert "those of 3 images by an earlier run" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--preset", "rain100"), "'rain100' is not a rain preset. Did you mean"),
        (("--preset", "rain100l", "--variants", "0"), "variants is 0"),
        (("--preset", "rain100l", "--seed", "-3"), "seed is -3"),
    ],
)
def test_wrong_calls_are_told_in_a_sentence(clean, tmp_path, capsys, arguments, told):
    assert call(clean, tmp_path / "out", *arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith("restorekit data synthesize: ")
    assert told in error
    assert error.count("\n") == 1


def test_missing_folder(tmp_path, capsys):
    assert call(tmp_path / "nothing", tmp_path / "out", "--preset", "rain100l") == 2
    assert "nothing" in capsys.readouterr().err
