"""The charts and the comparison of pictures in a real Chromium."""

import re

from restorekit.io.images import read_image
from restorekit.leaderboard import RAINY_INPUT


def dots(browser):
    return browser.run(
        """return [...document.querySelectorAll("#scatter .dot")].map((dot) => [
            dot.querySelector("title").textContent, dot.cx.baseVal.value, dot.cy.baseVal.value]);"""
    )


def test_choosing_methods_changes_the_scatter(opened, page_results):
    before = dots(opened)
    assert len(before) == 200
    opened.choose("#scatter-x", "DDN")
    opened.choose("#scatter-y", "DCSFN")
    after = dots(opened)
    assert len(after) == 200
    assert after != before
    measured = {one.method: one.measures["psnr/rgb_float"] for one in page_results.values()}
    ddn, dcsfn = (measured[method].images for method in ("DDN", "DCSFN"))
    for title, _, _ in after:
        name, x, y = re.fullmatch(r"(.+): DDN ([\d.]+), DCSFN ([\d.]+)", title).groups()
        assert (float(x), float(y)) == (round(ddn[name], 2), round(dcsfn[name], 2))
    # Places on the chart follow the values, to the right and up.
    order = sorted(after, key=lambda dot: dot[1])
    names = [title.partition(":")[0] for title, _, _ in order]
    assert [ddn[name] for name in names] == sorted(ddn.values())
    up = sorted(after, key=lambda dot: -dot[2])
    assert [dcsfn[title.partition(":")[0]] for title, _, _ in up] == sorted(dcsfn.values())
    better = sum(dcsfn[name] > ddn[name] for name in ddn)
    summary = opened.run("return document.querySelector('#scatter-summary').textContent")
    assert summary.startswith(f"DCSFN is better on {better} of 200 images, DDN on {200 - better}.")
    assert "Mean difference +3.00" in summary
    opened.choose("#scatter-x", "DCSFN")
    opened.choose("#scatter-y", "DDN")
    summary = opened.run("return document.querySelector('#scatter-summary').textContent")
    assert summary.startswith(f"DDN is better on {200 - better} of 200 images")
    assert "Mean difference \u22123.00" in summary


def test_cost_is_drawn_for_the_chosen_one(opened):
    assert opened.run("return document.querySelectorAll('#cost .mark.measured').length") == 10
    parameters = opened.run("return document.querySelector('#cost-plot').textContent")
    opened.choose("#cost-key", "seconds_per_image")
    seconds = opened.run("return document.querySelector('#cost-plot').textContent")
    assert "parameters" in parameters
    assert "seconds per image" in seconds


def test_every_number_stands_beside_its_protocol(opened):
    def text(selector):
        return opened.run(f"return document.querySelector('{selector}').textContent")

    assert "PSNR (dB), rgb_float" in text("#cost-plot")
    assert text("#compare-summary").count("(rgb_float)") == 2
    for panel in ("scatter", "cost", "images"):
        assert text(f"#{panel}-measure") == "PSNR, rgb_floatSSIM, rgb_float"


def brightness(browser, path, share):
    """Return the grey level of the screen at a share of the comparison's width."""
    browser.run("document.querySelector('#stage').scrollIntoView({block: 'center'})")
    box = browser.run("return document.querySelector('#stage').getBoundingClientRect()")
    browser.save_screenshot(str(path))
    shot = read_image(path)
    y, x = round(box["top"] + box["height"] / 2), round(box["left"] + share * box["width"])
    return float(shot[y, x].mean())


def test_the_slider_moves_the_line_between_two_pictures(opened, tmp_path):
    options = "return [...document.querySelectorAll('#compare-image option')].map((o) => o.value)"
    assert len(opened.run(options)) == 2
    opened.choose(
        "#compare-left",
        opened.run(
            "return [...document.querySelector('#compare-left').options]"
            f".find((o) => o.textContent === '{RAINY_INPUT}').value"
        ),
    )
    for start, end in ((0.5, 0.8), (0.8, 0.2)):
        opened.run("document.querySelector('#stage').scrollIntoView({block: 'center'})")
        opened.drag("#stage", start, end)
        assert abs(int(opened.run("return document.querySelector('#split').value")) - 100 * end) < 2
        assert abs(brightness(opened, tmp_path / "a.png", end - 0.1) - 200) < 6
        assert abs(brightness(opened, tmp_path / "b.png", end + 0.1) - 40) < 6
