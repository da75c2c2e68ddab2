"""Names out of files never lead out of the output folder."""

import re
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from restorekit.errors import DataError
from restorekit.io.files import path_below, sole_writer
from restorekit.io.images import write_image

OUTSIDE = [
    "../x",
    "a/../../x",
    "/abs/x",
    "..",
    ".",
    "",
    "a/..",
    "..\\x",
    "C:\\x",
    "\\\\host\\x",
    "a\0",
]


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("inside", ["", "lq"])
def test_names_that_lead_elsewhere_are_refused(tmp_path, name, inside):
    with pytest.raises(DataError, match="image name"):
        path_below(tmp_path, name, ".png", inside=inside)
    assert list(tmp_path.iterdir()) == []


def test_folders_and_dots_in_names_are_kept(tmp_path):
    assert path_below(tmp_path, "a/rain.01", ".png") == tmp_path / "a/rain.01.png"
    assert path_below(tmp_path, "a\\b", ".png", inside="lq") == tmp_path / "lq/a/b.png"
    assert path_below(tmp_path, "...", ".png") == tmp_path / "....png"


@pytest.mark.parametrize("inside", ["", "lq"])
def test_symbolic_links_do_not_lead_out(tmp_path, inside):
    root, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = root / (inside or "a")
    link.parent.mkdir()
    link.symlink_to(elsewhere)
    with pytest.raises(DataError, match="symbolic link"):
        path_below(root, "a/x", ".png", inside=inside)
    # The output folder itself may be one.
    (tmp_path / "link").symlink_to(elsewhere)
    assert path_below(tmp_path / "link", "a/x", ".png") == tmp_path / "link/a/x.png"


@pytest.mark.parametrize("separator", ["/", "\\", "//"])
def test_whatever_the_name_the_path_stays_below(separator):
    root = Path("/nonexistent/out")
    kept = 0
    for parts in product(["", ".", "..", "a", "~", "..a", "C:"], repeat=4):
        try:
            path = path_below(root, separator.join(parts), ".png")
        except DataError:
            continue
        kept += 1
        assert path.resolve().is_relative_to(root)
        assert path.resolve() != root
    assert kept > 100


def test_a_name_as_long_as_the_file_system_allows_is_written(tmp_path):
    path = tmp_path / f"{'雨' * 83}.png"
    write_image(path, np.zeros((2, 3, 3), np.uint8))
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_two_writers_of_one_folder_are_kept_apart(tmp_path):
    with (
        sole_writer(tmp_path),
        pytest.raises(DataError, match=re.escape(str(tmp_path))),
        sole_writer(tmp_path),
    ):
        pass
    with sole_writer(tmp_path):
        pass
