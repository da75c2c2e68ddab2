"""Numbers of tiles and of whole images are kept apart."""

import msgspec
import pytest
from leaderboard_samples import sample_results, spread
from test_board import board_of

from restorekit.catalog import all_methods, published_numbers
from restorekit.inference.parts import TileMode
from restorekit.leaderboard.render.sections import run_with
from restorekit.leaderboard.test_modes import describe_tiles, published_mode

TILES = {"size": 256, "stride": 256, "merge": "paste"}


def with_tile(results, tile):
    return msgspec.structs.replace(results, settings={**results.settings, "tile": tile})


def rain200h(method, tile=None):
    record = {"name": "rain200h", "protocols": ("matlab_y_u8",)}
    return with_tile(sample_results(method, spread(32.4, count=200), **record), tile)


def board(*results):
    return board_of(*results, references=published_numbers(), protocol="matlab_y_u8")


@pytest.mark.parametrize(
    "tile", [None, {"size": [128, 128], "merge": "exact"}, {"size": [96, 96], "merge": "blend"}]
)
def test_a_number_of_tiles_does_not_stand_beside_one_of_whole_images(tile):
    found = board(rain200h("NeRD-Rain", tile))
    assert found.rows[0].published == ()
    (number,) = (one for one in found.unmeasured if one.method == "NeRD-Rain")
    assert number.note == "tiles of 256×256, pasted"


def test_a_number_of_the_same_tiles_does():
    found = board(rain200h("NeRD-Rain", TILES), rain200h("NeRD-Rain-S", TILES))
    assert [len(row.published) for row in found.rows] == [1, 1]
    assert run_with(found.rows[0].entry).endswith("tiles of 256×256, pasted")
    other = board(rain200h("NeRD-Rain", {**TILES, "stride": 128}))
    assert other.rows[0].published == ()


def test_a_number_of_whole_images_does_not_stand_beside_published_tiles_of_ours():
    found = board(rain200h("Restormer", TILES), rain200h("DRSformer"))
    by_method = {row.entry.method: row for row in found.rows}
    assert by_method["Restormer"].published == ()
    assert len(by_method["DRSformer"].published) == 1
    (number,) = (one for one in found.unmeasured if one.method == "Restormer")
    assert number.note.endswith("whole images")


def test_both_modes_of_a_checkpoint_are_rows():
    found = board(rain200h("NeRD-Rain", TILES), rain200h("NeRD-Rain"))
    assert sorted(len(row.published) for row in found.rows) == [0, 1]


def test_published_modes_are_modes_of_inference():
    modes = {name: one.test_mode for name, one in all_methods().items() if one.test_mode}
    assert {"nerd-rain", "idt", "fadformer"} <= modes.keys()
    for mode in modes.values():
        assert TileMode(**mode.as_dict()).describe() == mode.as_dict()
    assert published_mode("NeRD-Rain-S") == modes["nerd-rain"]
    assert published_mode("Restormer") is published_mode("a method of yours") is None


@pytest.mark.parametrize(
    ("tile", "words"),
    [
        (TILES, "tiles of 256×256, pasted"),
        (
            {"size": 128, "stride": 108, "merge": "radial"},
            "tiles of 128×128 every 108 pixels, averaged by the distance from their centres",
        ),
        ({"size": 4, "stride": 4, "merge": "corners"}, "four crops averaged"),
        ({"size": [96, 128], "context": 16, "merge": "exact"}, "tiles of 96×128, exact"),
        (512, "tiles of 512"),
    ],
)
def test_tiles_in_words(tile, words):
    assert describe_tiles(tile) == words
