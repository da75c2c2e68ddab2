"""A page of ten methods on 200 images, and a browser to open it in."""

import numpy as np
import pytest
from leaderboard_samples import PAGE_METHODS, sample_results, spread
from page_browser import PageBrowser, find_programs

from restorekit.catalog import published_numbers
from restorekit.io.images import write_image
from restorekit.leaderboard import (
    RAINY_INPUT,
    choose_pictures,
    find_folders,
    make_sections,
    rank_all,
    write_leaderboard,
)

PROTOCOLS = ("rgb_float", "matlab_y_u8")


@pytest.fixture(scope="session")
def page_results(tmp_path_factory):
    """Ten methods and the rainy input on 200 images; DCSFN's and the input's pictures."""
    folder = tmp_path_factory.mktemp("results")
    made = {}
    for number, method in enumerate([*PAGE_METHODS, RAINY_INPUT]):
        mean = 14.0 if method == RAINY_INPUT else 24.0 + number * 0.5
        cost = {"parameters": 50_000 * 2**number, "seconds_per_image": 0.1 * (number + 1)}
        source = str(folder / f"{number}.json")
        more = {} if method == RAINY_INPUT else {"cost": cost, "settings": {"device": "cpu"}}
        made[source] = sample_results(
            method, spread(mean, seed=number), protocols=PROTOCOLS, **more
        )
        if method in ("DCSFN", RAINY_INPUT):
            grey = 40 if method == "DCSFN" else 200
            for image in (1, 2, 3):
                picture = np.full((60, 90, 3), grey, np.uint8)
                write_image(folder / f"{number}/img-{image}.png", picture)
    return made


@pytest.fixture(scope="session")
def page(page_results, tmp_path_factory):
    """The file of the page."""
    folder = tmp_path_factory.mktemp("page")
    rankings = rank_all(page_results)
    pictures = choose_pictures(rankings[0], find_folders(page_results), 2)
    by_print = {rankings[0].dataset.fingerprint: pictures}
    references = published_numbers()
    write_leaderboard(folder, make_sections(rankings, references), by_print)
    return folder / "leaderboard.html"


@pytest.fixture(scope="session")
def browser(tmp_path_factory):
    """A Chromium, for all tests of a process."""
    if find_programs() is None:
        pytest.skip("Chromium or its driver is not installed (Debian: chromium, chromium-driver)")
    with PageBrowser(tmp_path_factory.mktemp("profile")) as one:
        one.resize(1300, 1000)
        yield one


@pytest.fixture
def opened(browser, page):
    """The browser with the page, freshly opened."""
    browser.get("about:blank")
    browser.console(), browser.requests()
    browser.emulate(prefers_color_scheme="light")
    browser.get(page.as_uri())
    return browser
