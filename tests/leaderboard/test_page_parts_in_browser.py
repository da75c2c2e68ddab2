"""Parts of images in the page, enlarged side by side: the same part of each, moved together."""

import pytest
from leaderboard_samples import sample_results
from scenes import save
from scenes import scene as drawn

from restorekit.leaderboard import (
    choose_pictures,
    find_folders,
    make_sections,
    rank_all,
    write_leaderboard,
)

WIDTH, HEIGHT = 96, 64
#: What each view shows of its picture, in pixels of the picture: left, top, width, height.
SHOWN = """
return [...document.querySelectorAll("#part-views .view")].map((view) => {
  const [outer, inner] = [view.getBoundingClientRect(), view.firstChild.getBoundingClientRect()];
  const scale = inner.width / view.firstChild.naturalWidth;
  return [outer.x - inner.x, outer.y - inner.y, outer.width, outer.height]
    .map((length) => length / scale);
});
"""
#: What the box marks on the picture, in the same form.
MARKED = """
const [outer, inner] = ["#stage-left", "#part"].map((selector) =>
  document.querySelector(selector).getBoundingClientRect());
const scale = outer.width / document.querySelector("#stage-left").naturalWidth;
return [inner.x - outer.x, inner.y - outer.y, inner.width, inner.height]
  .map((length) => length / scale);
"""


@pytest.fixture(scope="module")
def parts_page(tmp_path_factory):
    """A page of three methods, whose pictures differ in one square only, and the clean images."""
    folder = tmp_path_factory.mktemp("parts")
    made = {}
    for number, method in enumerate(["A", "B", "C"]):
        made[str(folder / f"{method}.json")] = sample_results(method, {"1": 30.0 + number, "2": 25})
        for name in (1, 2):
            picture = drawn(name, HEIGHT, WIDTH)[1]
            picture[40:50, 60:75] = 80 * number
            save(folder / f"{method}/{name}.png", picture)
            save(folder / f"clean/{name}.png", drawn(name, HEIGHT, WIDTH)[1])
    (ranking,) = rank_all(made)
    folders = find_folders(made, [f"gt={folder / 'clean'}"])
    pictures = {ranking.dataset.fingerprint: choose_pictures(ranking, folders, 2)}
    write_leaderboard(folder / "page", make_sections([ranking]), pictures)
    return folder / "page/leaderboard.html"


@pytest.fixture
def shown(browser, parts_page):
    browser.get("about:blank")
    browser.console()
    browser.resize(1300, 1000)
    browser.get(parts_page.as_uri())
    browser.wait_for("[...document.images].every((one) => one.complete && one.naturalWidth)")
    yield browser
    assert browser.console() == []


def test_each_method_shows_the_part_that_the_box_marks(shown):
    views = shown.run(SHOWN)
    assert len(views) == 4
    marked = shown.run(MARKED)
    for view in views:
        assert view == pytest.approx(marked, abs=0.5)
    x, y, width, height = marked
    assert (width, height) == pytest.approx((24, 16), abs=0.5)
    # It begins where the methods differ.
    assert 51 <= x <= 60
    assert 34 <= y <= 40


def test_pictures_have_all_their_pixels_and_show_them(shown):
    sizes = shown.run(
        "return [...document.querySelectorAll('.view img')]"
        ".map((one) => [one.naturalWidth, getComputedStyle(one).imageRendering])"
    )
    assert sizes == [[WIDTH, "pixelated"]] * 4


def test_the_keyboard_moves_and_zooms_all_views_together(shown):
    x, y, width, _ = shown.run(MARKED)
    box = shown.find("#part")
    box.send_keys("\ue012", "\ue013")  # left, up: an eighth of the width each
    views = shown.run(SHOWN)
    for view in views:
        assert view[:2] == pytest.approx([x - width / 8, y - width / 8], abs=0.5)
    box.send_keys("++")
    assert shown.run("return document.querySelector('#part-zoom').value") == "5"
    for view in shown.run(SHOWN):
        assert view[2] == pytest.approx(WIDTH / 5, abs=0.5)
    for _ in range(30):
        box.send_keys("\ue014", "\ue015")
    for view in shown.run(SHOWN):  # it stops at the edge
        assert view[0] + view[2] == pytest.approx(WIDTH, abs=0.5)
        assert view[1] + view[3] == pytest.approx(HEIGHT, abs=0.5)
    assert "pixels" in box.get_attribute("aria-label")


def test_zooming_out_shows_the_whole_width(shown):
    zoom = shown.find("#part-zoom")
    zoom.send_keys("\ue011")  # home
    for view in shown.run(SHOWN):
        assert view == pytest.approx([0, 0, WIDTH, HEIGHT], abs=0.5)


def test_dragging_in_a_view_moves_all_of_them(shown):
    before = shown.run(SHOWN)
    shown.run("document.querySelector('#part-views').scrollIntoView({block: 'center'})")
    shown.drag(".view", 0.3, 0.7)  # the picture follows: its part moves left
    after = shown.run(SHOWN)
    for old, new in zip(before, after, strict=True):
        assert new[0] == pytest.approx(old[0] - 0.4 * old[2], abs=1)
        assert new == pytest.approx(after[0], abs=0.5)
    assert shown.run("return document.querySelector('#split').value") == "50"


def test_methods_can_be_left_out(shown):
    captions = "return [...document.querySelectorAll('figcaption')].map((one) => one.textContent)"
    first = shown.run(captions)
    assert [text.partition(",")[0] for text in first] == ["C", "B", "A", "Ground truth"]
    assert "PSNR 25.00" in first[0]  # the hardest image comes first
    shown.run("document.querySelector('#part-shown input').click()")
    assert shown.run(captions) == first[1:]
    shown.choose("#compare-image", "1")
    assert len(shown.run(captions)) == 3


@pytest.mark.parametrize("width", [400, 1300])
def test_views_fit_the_window(shown, width):
    shown.resize(width, 900)
    shown.wait_for("true")
    wide = shown.run("return document.documentElement.scrollWidth")
    views = shown.run(SHOWN)
    shown.resize(1300, 1000)
    assert wide <= width
    assert len(views) == 4
