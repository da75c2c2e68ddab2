"""That the page can be read: contrast in both colour schemes, narrow windows, named controls."""

import re

import pytest

CONTRASTS = """
const luminance = (colour) => {
  const parts = colour.match(/[\\d.]+/g).slice(0, 3).map((part) => {
    const share = part / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
};
const ground = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$|transparent/.test(colour)) return colour;
  }
  return "rgb(255, 255, 255)";
};
const found = [];
for (const element of document.querySelectorAll("body *")) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || !element.checkVisibility() || element.closest("script, style")) continue;
  const style = getComputedStyle(element);
  const colour = element instanceof SVGElement ? style.fill : style.color;
  const [a, b] = [luminance(colour), luminance(ground(element))].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < 4.5) found.push([element.tagName, element.textContent.slice(0, 30), ratio]);
}
return found;
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_contrast_and_follows_the_system(opened, scheme):
    opened.emulate(prefers_color_scheme=scheme)
    level = sum(
        map(
            int,
            re.findall(
                r"\d+", opened.run("return getComputedStyle(document.body).backgroundColor")
            ),
        )
    )
    assert (level > 600) is (scheme == "light")
    assert opened.run(CONTRASTS) == []
    opened.emulate(prefers_color_scheme="light")


def test_colours_can_be_chosen(opened):
    opened.choose("#theme", "dark")
    assert opened.run("return getComputedStyle(document.body).backgroundColor") == "rgb(18, 20, 24)"


@pytest.mark.parametrize("width", [400, 800, 1300])
def test_the_page_itself_never_scrolls_sideways(opened, width):
    opened.resize(width, 900)
    seen, wide = opened.run("return [innerWidth, document.documentElement.scrollWidth]")
    opened.resize(1300, 1000)
    assert seen == width
    assert wide <= width


def test_controls_have_names(opened):
    nameless = opened.run(
        """const named = (one) => one.labels?.length || one.ariaLabel || one.alt
            || (one.tagName === "BUTTON" && one.textContent.trim());
        return [...document.querySelectorAll("select, input, button, img, svg[role=img]")]
            .filter((one) => !named(one)).map((one) => one.outerHTML);"""
    )
    assert nameless == []
