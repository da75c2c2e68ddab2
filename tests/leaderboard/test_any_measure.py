"""Measures that restorekit does not know are ranked and shown as their results files describe."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from leaderboard_samples import measure, spread

from restorekit.errors import DataError
from restorekit.evaluation.results import parse_results
from restorekit.leaderboard import (
    RAINY_INPUT,
    board,
    make_sections,
    markdown,
    rank_all,
    to_csv,
    write_leaderboard,
)
from restorekit.leaderboard.render.latex import latex
from restorekit.leaderboard.render.page import board_page

PSNR = {"measure": "psnr", "label": "PSNR", "unit": "dB", "digits": 2, "higher_is_better": True}
#: Lower is better; a percent sign means something in LaTeX, a vertical bar in Markdown.
GRAIN = {
    "measure": "grain",
    "label": "Grain|left",
    "unit": "%",
    "digits": 1,
    "higher_is_better": False,
}
#: Named like a column of the CSV file.
EDGE = {"measure": "rank", "label": "Edge", "unit": "", "digits": 3, "higher_is_better": False}


def results(method, *quantities):
    """Return results of schema 2; a quantity is its description and values by image."""
    count = len(quantities[0][1])
    measures = {}
    for described, images in quantities:
        qualifier = described.get("protocol") or described.get("variant")
        key = f"{described['measure']}/{qualifier}" if qualifier else described["measure"]
        measures[key] = {**described, **measure(images)}
    content = {
        "schema": "restorekit.results/2",
        "method": method,
        "dataset": {"name": "mine", "fingerprint": "f" * 64, "num_images": count},
        "measures": measures,
    }
    return parse_results(json.loads(json.dumps(content)), method)


def under(protocol, described):
    return {**described, "protocol": protocol}


def named(*found):
    return {f"{number}.json": one for number, one in enumerate(found)}


@pytest.fixture(scope="module")
def grain():
    """The section of a measure without protocol and variant; B is the best."""
    files = named(
        results("A", (GRAIN, spread(12.34, 20, seed=1))),
        results("B", (GRAIN, spread(9.96, 20, seed=2))),
        results(RAINY_INPUT, (GRAIN, spread(40.0, 20, seed=3))),
    )
    (section,) = make_sections(rank_all(files))
    return section


class Cells(HTMLParser):
    """Collects the cells of a page's tables with their attributes and text."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        if tag in ("td", "th"):
            self.found.append((dict(attributes), []))

    def handle_data(self, data):
        if self.found:
            self.found[-1][1].append(data)

    def texts(self):
        return [("".join(text).strip(), attributes) for attributes, text in self.found]


def test_the_lowest_is_the_best_where_the_file_says_so(grain):
    ranking = grain.board.ranking
    assert ranking.criterion == "grain"
    assert [(entry.rank, entry.method) for entry in ranking.entries] == [
        (1, "B"),
        (2, "A"),
        (None, RAINY_INPUT),
    ]
    assert ranking.gain(ranking.entries[0]) == pytest.approx(9.96 - 40)


def test_markdown_has_its_label_unit_and_digits(grain):
    text = markdown([grain])
    assert text.startswith("## mine, Grain\\|left\n")
    table = [line for line in text.splitlines() if line.startswith("|")]
    head, _, best, *_ = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    assert head[2:5] == ["Grain\\|left (%)", "against rainy input (%)", "against the next (%)"]
    assert re.fullmatch(r"10\.0 ± \d\.\d", best[2])
    assert best[3:5] == ["-30.0", "-2.4"]


def test_latex_prints_the_lowest_in_bold(grain):
    (bold,) = [line for line in latex([grain]).splitlines() if "textbf" in line]
    assert bold.strip().startswith(r"B & \textbf{10.0 $\pm$")
    assert "$-$2.4" in bold
    assert r"Grain\textbar{}left (\%)" in latex([grain])


def test_csv_has_its_own_columns(grain):
    rows = list(csv.DictReader(io.StringIO(to_csv([grain]))))
    assert [row["protocol"] for row in rows] == ["grain"] * 3
    assert float(rows[0]["grain"]) == pytest.approx(9.96)
    assert float(rows[0]["grain_low"]) < 9.96 < float(rows[0]["grain_high"])
    assert "psnr" not in rows[0]


def test_the_page_sorts_it_from_the_lowest_and_points_the_lowest_out(grain):
    page = board_page([grain], {})
    cells = Cells(page).texts()
    (head,) = [attributes for text, attributes in cells if text == "Grain|left (%)"]
    assert head["data-first"] == "ascending"
    best = [text for text, attributes in cells if "best" in attributes.get("class", "")]
    assert len(best) == 1
    assert best[0].startswith("10.0 ± ")
    data = json.loads(re.search(r'id="data">(.*?)</script>', page)[1])
    assert data["boards"][0]["measures"]["grain"] == {
        "label": "Grain|left",
        "title": "Grain|left (%)",
        "unit": "%",
        "digits": 1,
        "higher": False,
    }


def test_the_scripts_of_the_page_follow_its_direction(grain, browser, tmp_path):
    (tmp_path / "page.html").write_text(board_page([grain], {}), encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    ranked = ["B", "A", RAINY_INPUT]
    for title in ("method", "Grain|left (%)"):
        browser.run(
            """const heads = [...document.querySelectorAll(".board thead button")];
            heads.find((one) => one.textContent === arguments[0]).click();""",
            title,
        )
        assert browser.column("method") == (sorted(ranked) if title == "method" else ranked)
    browser.choose("#scatter-x", "A")
    browser.choose("#scatter-y", "B")
    first, second = (grain.board.ranking.entries[n].measured["grain"].images for n in (0, 1))
    better = sum(first[name] < second[name] for name in first)
    summary = browser.run("return document.querySelector('#scatter-summary').textContent")
    assert summary.startswith(f"B is better on {better} of 20 images, A on {20 - better}.")
    assert "Mean difference −2.4\N{NO-BREAK SPACE}%" in summary
    assert browser.run("return document.querySelector('#scatter-measure').textContent") == (
        "Grain|left"
    )
    browser.run("document.querySelector('#images').open = true")
    browser.wait_for("document.querySelector('#images tbody')")
    shown = browser.run(
        "return [...document.querySelectorAll('#images tbody tr')].map((row) =>"
        " [...row.cells].map((cell) => cell.className.includes('best')).indexOf(true))"
    )
    rainy = grain.board.ranking.entries[2].measured["grain"].images
    lowest = [
        min(range(3), key=lambda index: (first, second, rainy)[index][f"img-{n}"]) + 1
        for n in range(1, 21)
    ]
    assert shown == lowest


def test_the_page_says_what_was_not_measured(browser, tmp_path):
    psnr, edge = under("p", PSNR), under("p", EDGE)
    files = named(
        results("A", (psnr, {"a": 31.0, "b": 30.0}), (edge, {"a": 1.0, "b": 2.0})),
        results("B", (psnr, {"a": 30.0, "b": 29.0})),
    )
    page = board_page(make_sections(rank_all(files)), {})
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    browser.get((tmp_path / "page.html").as_uri())
    browser.console()
    browser.choose("#scatter-measure", "rank")
    summary = "return document.querySelector('#scatter-summary').textContent"
    assert browser.run(summary) == "Not measured for B."
    browser.run("document.querySelector('#images').open = true")
    browser.wait_for("document.querySelector('#images tbody')")
    browser.choose("#images-measure", "rank")
    assert browser.column("B", "#images table", "textContent") == ["", ""]
    assert browser.console() == []


def test_all_measures_of_a_protocol_are_columns_and_the_first_decides():
    names = {"a": 1.0, "b": 3.0}
    low, high = {"a": 0.1, "b": 0.3}, {"a": 0.5, "b": 0.7}
    extra = {**PSNR, "measure": "late", "label": "Late"}
    files = named(
        results("A", (under("p", EDGE), high), (under("p", PSNR), names)),
        results("B", (under("p", PSNR), names), (under("p", EDGE), low)),
        results(
            "C",
            (under("p", EDGE), high),
            (under("p", PSNR), {"a": 2.0, "b": 3.0}),
            (under("p", extra), names),
        ),
    )
    (section,) = make_sections(rank_all(files))
    ranking = section.board.ranking
    # The measure that one file alone has is a column, and does not decide.
    assert [one.measure for one in ranking.measures] == ["rank", "psnr", "late"]
    assert [entry.method for entry in ranking.entries] == ["B", "C", "A"]
    titles = [column.title for column in section.columns]
    assert titles[2:5] == ["Edge, p", "PSNR (dB), p", "Late (dB), p"]
    late = next(column for column in section.columns if column.title == "Late (dB), p")
    assert [bool(cell.items) for cell in late.cells] == [False, True, False]
    rows = list(csv.DictReader(io.StringIO(to_csv([section]))))
    assert [row["rank"] for row in rows] == ["1", "2", "3"]
    assert [float(row["measure_rank"]) for row in rows] == pytest.approx([0.2, 0.6, 0.6])
    assert [row["late"] for row in rows] == ["", "2.0", ""]
    assert "Late (dB), p" in markdown([section])


def test_variants_are_ranked_apart_and_chosen_by_name_or_key():
    fine, rough = {**GRAIN, "variant": "fine"}, {**GRAIN, "variant": "rough"}
    files = named(
        results("A", (fine, {"a": 1.0}), (rough, {"a": 2.0}), (under("p", PSNR), {"a": 30.0})),
        results("B", (fine, {"a": 2.0}), (rough, {"a": 1.0}), (under("p", PSNR), {"a": 31.0})),
    )

    def criteria(*chosen):
        return [ranking.criterion for ranking in rank_all(files, chosen)]

    assert criteria() == ["grain (fine)", "grain (rough)", "p"]
    assert criteria("grain") == ["grain (fine)", "grain (rough)"]
    assert criteria("grain/rough", "p") == ["grain (rough)", "p"]
    (section,) = make_sections(rank_all(files, ("grain/rough",)))
    assert section.title == "mine, Grain|left (rough)"
    assert section.columns[2].title == "Grain|left (%, rough)"
    with pytest.raises(DataError, match="Did you mean 'grain"):
        criteria("grian")


def test_files_that_disagree_about_the_direction_are_refused():
    files = named(
        results("A", (GRAIN, {"a": 1.0})),
        results("B", ({**GRAIN, "higher_is_better": True}, {"a": 2.0})),
    )
    with pytest.raises(DataError, match=r"0\.json and 1\.json .*measures\.grain\.higher_is_better"):
        rank_all(files)


def test_results_that_share_no_measure_of_a_protocol_are_refused():
    files = named(
        results("A", (under("p", PSNR), {"a": 1.0})), results("B", (under("p", EDGE), {"a": 2.0}))
    )
    with pytest.raises(DataError, match=r"0\.json: psnr; 1\.json: rank"):
        rank_all(files)


def test_every_interval_and_every_test_is_computed_once(tmp_path, monkeypatch):
    intervals, comparisons = [], []
    mean_interval, compare_all = board.mean_interval, board.compare_all

    def counted_interval(values):
        intervals.append(tuple(values))
        return mean_interval(values)

    def counted_comparisons(methods):
        comparisons.append(methods)
        return compare_all(methods)

    monkeypatch.setattr(board, "mean_interval", counted_interval)
    monkeypatch.setattr(board, "compare_all", counted_comparisons)
    psnr, edge = under("p", PSNR), under("p", EDGE)
    files = named(
        *(
            results(method, (psnr, spread(30, 9, seed)), (edge, spread(1, 9, seed)))
            for seed, method in enumerate("ABCD")
        )
    )
    sections = make_sections(rank_all(files))
    markdown(sections)
    write_leaderboard(tmp_path, sections)
    assert len(intervals) == len(set(intervals)) == 4 * 2
    # All pairs of methods once for each measure.
    assert len(comparisons) == 2
