"""A method is one file, and names published numbers that exist."""

import shutil

import pytest

from restorekit.catalog import (
    all_methods,
    get_method,
    published_beside,
    published_costs,
    published_for,
    published_numbers,
)
from restorekit.catalog.files import FOLDER
from restorekit.errors import DataError, UnknownNameError


@pytest.fixture
def folder(tmp_path):
    """A copy of the catalog with the method DDN alone."""
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    for file in (tmp_path / "methods").glob("*.yml"):
        if file.name != "ddn.yml":
            file.unlink()
    return tmp_path


def test_methods_come_by_year_and_name():
    keys = [(method.year, method.name) for method in all_methods().values()]
    assert keys == sorted(keys)
    assert list(all_methods())[:3] == ["ddn", "nledn", "rescan"]
    assert get_method("DcSfN").card == "configs/dcsfn/README.md"
    with pytest.raises(UnknownNameError, match="Did you mean 'prenet'"):
        get_method("prenett")


def test_every_method_of_the_paper_has_its_row_of_table_1():
    table = {number.method.lower() for number in published_numbers().table("dcsfn-1")}
    assert table <= set(all_methods())


def test_released_weights_come_from_the_authors_unless_others_trained_them():
    assert get_method("nafnet").weights is None  # the authors restore other things than rain
    assert get_method("prenet").weights.url == get_method("prenet").released_code
    assert get_method("ddn").weights.url == "https://github.com/csdwren/RecDerain"


def test_numbers_beside_a_config():
    config = get_method("rescan").configs[0]
    numbers = published_beside(config, published_numbers())
    assert [(n.dataset, n.protocol, n.printed["psnr"]) for n in numbers] == [
        ("rain100h-old", None, "26.45"),
    ]


def test_numbers_of_a_method_include_those_of_its_variants():
    names = {number.method for number in published_for(get_method("prenet"), published_numbers())}
    assert names == {"PReNet", "PReNet_r", "PRN", "PRN_r"}
    names = {number.method for number in published_for(get_method("rescan"), published_numbers())}
    assert names == {"RESCAN", "RESCAN (LSTM)", "RESCAN (RNN)"}


def test_operations_that_others_print():
    found = published_costs(get_method("rcdnet"), published_numbers())
    assert [(one.table, one.cost["gmacs_at_256"]) for one in found] == [
        ("derain-toolbox", 194.5),
        ("fadformer-1-quoted", 194.5),
    ]
    # Of Restormer, FADformer's table has the cost without the numbers.
    (restormer,) = published_costs(get_method("restormer"), published_numbers())
    assert dict(restormer.cost) == {"parameters": 26.10e6, "gmacs_at_256": 141.0}
    # SFNet's authors printed none.
    assert published_costs(get_method("sfnet"), published_numbers()) == ()


@pytest.mark.parametrize("method", all_methods().values(), ids=list(all_methods()))
def test_a_note_says_why_published_operations_differ(method):
    counted = method.configs[0].macs / 1e9
    published = [one.cost["gmacs_at_256"] for one in published_costs(method, published_numbers())]
    differ = any(abs(value - counted) > 0.005 * counted for value in published)
    assert not differ or method.cost_note


def test_a_method_is_one_file(folder):
    text = (folder / "methods" / "ddn.yml").read_text(encoding="utf-8")
    text = text.replace("name: DDN", "name: Mine").replace(
        "published:", "published_as: DDN\n    published:"
    )
    (folder / "methods" / "mine.yml").write_text(text, encoding="utf-8")
    methods = all_methods(folder)
    assert list(methods) == ["ddn", "mine"]
    (first,) = published_beside(methods["mine"].configs[0], published_numbers(folder))
    assert (first.table, first.printed["psnr"]) == ("brn", "21.92")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("name: DDN", "name: DDM", ["DDM", "ddm.yml"]),
        ("dataset: rain1200", "dataset: rain1201", ["ddn_rain1200", "'rain1201'", "'rain1200'"]),
        ("{brn: [rain100h-old", "{brm: [rain100h-old", ["ddn_rain100h", "'brm'", "'brn'"]),
        ("{brn: [rain100h-old", "{brn: [rain100h", ["published.brn", "'rain100h'"]),
        ("macs: 3680501760", "macs: many", ["configs.0.macs", "'many'"]),
        ("recipe:", "recipy:", ["configs.0.recipy", "'recipe'"]),
    ],
)
def test_an_error_names_the_file_and_the_key(folder, old, new, words):
    file = folder / "methods" / "ddn.yml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError) as caught:
        all_methods(folder)
    assert all(word in str(caught.value) for word in [str(file), *words]), caught.value
