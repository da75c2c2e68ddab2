"""The page in a real Chromium: it runs clean, loads nothing, sorts, and shows the numbers."""

import json

from leaderboard_samples import PAGE_METHODS

from restorekit.leaderboard import RAINY_INPUT


def press_heading(browser, title):
    browser.run(
        """document.querySelectorAll("[data-test]").forEach((one) => delete one.dataset.test);
        const heads = [...document.querySelectorAll(".board:not([hidden]) thead button")];
        const head = heads.find((one) => one.textContent.startsWith(arguments[0]));
        head.dataset.test = "1";
        head.scrollIntoView({inline: "center", block: "center"});""",
        title,
    )
    browser.find("[data-test]").click()


def test_it_runs_without_a_complaint_and_loads_nothing(opened, page):
    opened.run("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    opened.run("return document.querySelectorAll('table').length")
    assert opened.console() == []
    asked = {url for url in opened.requests() if not url.startswith("data:")}
    assert asked - {"about:blank"} == {page.as_uri()}


def test_scripts_of_others_are_not_run(opened):
    opened.run(
        """const other = document.createElement("script");
        other.textContent = "window.broken = 1";
        document.body.append(other);"""
    )
    assert opened.run("return window.broken === undefined")
    assert "Content Security Policy" in opened.console()[0]["message"]


def test_pressing_a_heading_sorts(opened):
    ranked = [*PAGE_METHODS[::-1], RAINY_INPUT]
    assert opened.column("method") == ranked
    press_heading(opened, "method")
    by_name = opened.column("method")
    assert by_name == sorted(ranked, key=str.lower)
    press_heading(opened, "method")
    assert opened.column("method") == by_name[::-1]
    press_heading(opened, "PSNR")
    assert opened.column("method") == ranked
    press_heading(opened, "PSNR")
    assert opened.column("method") == ranked[::-1]
    press_heading(opened, "rank")
    assert opened.column("method") == ranked  # the rainy input has no rank, and comes last
    press_heading(opened, "rank")
    assert opened.column("method") == [*PAGE_METHODS, RAINY_INPUT]
    sorted_by = opened.run(
        "return [...document.querySelectorAll('.board:not([hidden]) thead [aria-sort]')]"
        ".map((one) => one.ariaSort).filter((sort) => sort !== 'none')"
    )
    assert sorted_by == ["descending"]


def test_the_keyboard_sorts_and_moves_the_split(opened):
    opened.find(".board:not([hidden]) thead th:nth-child(2) button").send_keys("\ue007")
    assert opened.column("method")[0] == "A <b>"
    opened.find("#split").send_keys("\ue014\ue014")
    assert opened.run("return document.querySelector('#split').value") == "52"


def test_numbers_are_those_of_the_results_files(opened, page_results):
    measures = {one.method: one.measures for one in page_results.values()}
    names = opened.column("method", what="dataset.value")
    for title, measure in (("PSNR", "psnr"), ("SSIM", "ssim")):
        means = [measures[name][f"{measure}/rgb_float"].mean for name in names]
        assert list(map(float, opened.column(title, what="dataset.value"))) == means
        digits = {"psnr": 2, "ssim": 4}[measure]
        assert opened.column(title) == [f"{mean:.{digits}f}" for mean in means]
    data = json.loads(opened.run("return document.querySelector('#data').textContent"))
    board = data["boards"][0]
    values = {
        method["label"]: dict(zip(board["images"], method["values"]["psnr"], strict=True))
        for method in board["methods"]
    }
    assert values == {
        name: measured["psnr/rgb_float"].images for name, measured in measures.items()
    }


def test_all_images_are_listed_on_request(opened):
    assert opened.run("return document.querySelectorAll('#images tbody tr').length") == 0
    opened.run("document.querySelector('#images').open = true")
    # The browser tells the page so in its own time.
    opened.wait_for("document.querySelector('#images tbody')")
    assert opened.run("return document.querySelectorAll('#images tbody tr').length") == 200
    assert opened.column("image", "#images table")[:3] == ["img-1", "img-2", "img-3"]


def test_one_ranking_is_shown_at_a_time(opened):
    shown = "return [...document.querySelectorAll('.board:not([hidden]) h2')].map(h => h.innerText)"
    assert opened.run(shown) == ["rain200h, protocol rgb_float"]
    opened.choose("#choose-protocol", "matlab_y_u8")
    assert opened.run(shown) == ["rain200h, protocol matlab_y_u8"]
