"""The page as a file: it loads nothing, and no text in it becomes code."""

import json
import re
from html.parser import HTMLParser

import pytest
from leaderboard_samples import sample_results, spread
from msgspec.structs import replace

from restorekit.catalog import published_numbers
from restorekit.leaderboard import make_sections, rank_all
from restorekit.leaderboard.render.page import board_page, script_json
from restorekit.leaderboard.render.pictures import Pictures

NASTY = """</script><script>alert(1)</script><img src=x onerror=alert(1)>"'&lt;<!--"""


class Elements(HTMLParser):
    """Collects start tags with their attributes, and the text of each."""

    def __init__(self, text):
        super().__init__()
        self.found, self.texts = [], {}
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_data(self, data):
        tag, attributes = self.found[-1] if self.found else ("", {})
        self.texts.setdefault((tag, attributes.get("id")), []).append(data)


def page_of(*results, references=None):
    numbered = {f"{number}.json": result for number, result in enumerate(results)}
    return board_page(make_sections(rank_all(numbered), references), {})


def data_of(page):
    return json.loads("".join(Elements(page).texts["script", "data"]))


@pytest.fixture(scope="module")
def page():
    return page_of(
        sample_results("DCSFN", spread(28.8, seed=1)),
        sample_results("PReNet", spread(28.2, seed=2)),
        references=published_numbers(),
    )


def test_nothing_is_loaded(page):
    for tag, attributes in Elements(page).found:
        assert tag not in {"iframe", "object", "embed", "base", "form"}
        for name in ("src", "srcset", "data", "poster", "action"):
            assert name not in attributes, (tag, attributes)
        assert attributes.get("href", "#").startswith(("#", "data:,"))
        assert not [name for name in attributes if name.startswith("on")]
    assert not re.search(r"@import|url\(", page)


def test_numbers_in_the_page_are_those_of_the_results(page):
    (board,) = data_of(page)["boards"]
    expected = {"DCSFN": spread(28.8, seed=1), "PReNet": spread(28.2, seed=2)}
    assert [method["label"] for method in board["methods"]] == list(expected)
    for method in board["methods"]:
        values = dict(zip(board["images"], method["values"]["psnr"], strict=True))
        assert values == expected[method["label"]]
    assert board["images"][:3] == ["img-1", "img-2", "img-3"]


def test_of_a_large_test_set_the_page_holds_a_sample_and_the_means_of_all():
    """Eleven methods on few and on many images: the page hardly grows."""

    def made(count):
        numbered = {
            f"{seed}.json": sample_results(f"M{seed}", spread(28 + seed / 10, count, seed))
            for seed in range(11)
        }
        pictures = {"a" * 64: Pictures(names=["img-2", f"img-{count}"])}
        page = board_page(make_sections(rank_all(numbered)), pictures)
        return page, data_of(page)["boards"][0]

    page, board = made(4000)
    assert board["numImages"] == 4000
    assert 1000 <= len(board["images"]) <= 1002
    assert {"img-2", "img-4000"} < set(board["images"])
    for method in board["methods"]:
        seed = int(method["label"][1:])
        every = spread(28 + seed / 10, 4000, seed)
        assert method["means"]["psnr"] == pytest.approx(28 + seed / 10)
        values = dict(zip(board["images"], method["values"]["psnr"], strict=True))
        assert values == {image: every[image] for image in board["images"]}
    pair = board["pairs"]["psnr"][0]
    assert pair["firstHigher"] + pair["secondHigher"] == 4000
    smaller, few = made(1000)
    assert len(few["images"]) == few["numImages"] == 1000
    assert len(page) < 1.02 * len(smaller)


def test_pairs_are_of_every_two_methods(page):
    (board,) = data_of(page)["boards"]
    (pair,) = board["pairs"]["psnr"]
    assert (pair["i"], pair["j"]) == (0, 1)
    assert pair["difference"] == pytest.approx(0.6)


def test_hostile_names_stay_text():
    names = {f"{NASTY}{number}": 30.0 + number for number in range(3)}
    more = {"settings": {"device": NASTY}, "version": NASTY}
    hostile = page_of(
        sample_results(NASTY, names, name=NASTY, **more),
        sample_results("B", names, name=NASTY, **more),
    )
    tame_names = {f"x{number}": 30.0 + number for number in range(3)}
    more = {"settings": {"device": "x"}, "version": "x"}
    tame = page_of(
        sample_results("A", tame_names, name="x", **more),
        sample_results("B", tame_names, name="x", **more),
    )
    tags = [tag for tag, _ in Elements(hostile).found]
    assert tags == [tag for tag, _ in Elements(tame).found]
    (board,) = data_of(hostile)["boards"]
    assert NASTY in {method["label"] for method in board["methods"]}


def test_hostile_measures_stay_text():
    def page(text):
        found = sample_results("A", {"a": 30.0, "b": 31.0})
        measures = {}
        for one in found.measures.values():
            changed = replace(
                one, label=text, unit=text, protocol=text, measure=f"{text}{one.label}"
            )
            measures[changed.key] = changed
        return page_of(replace(found, measures=measures))

    tags = [tag for tag, _ in Elements(page(NASTY)).found]
    assert tags == [tag for tag, _ in Elements(page("x")).found]


def test_json_in_a_script_cannot_end_it():
    text = script_json({"a": "</script><!-- &\u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!-- &\u2028"}


def test_paths_of_results_files_are_not_in_the_page():
    results = {"/home/somebody/results.json": sample_results("A", spread(30.0))}
    page = board_page(make_sections(rank_all(results)), {})
    assert "somebody" not in page
