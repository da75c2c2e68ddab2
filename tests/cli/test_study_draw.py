"""`restorekit study draw` in a shell, and its page in a real Chromium."""

import pytest
from leaderboard_samples import sample_results, spread
from page_browser import PageBrowser, find_programs

from restorekit.cli import main
from restorekit.evaluation.results import write_results


@pytest.fixture
def results(tmp_path):
    for seed, method in enumerate(("PReNet", "DDN", "DCSFN")):
        values = spread(25.0 + seed, seed=seed)
        write_results(tmp_path / f"results/{method}.json", sample_results(method, values))
    return tmp_path / "results"


def test_tables_are_shown_and_written(results, tmp_path, capsys):
    out = tmp_path / "out"
    write_results(results / "u8.json", sample_results("SSIR", spread(20.0), protocols=("rgb_u8",)))
    assert main(["study", "draw", "dcsfn", "--results", str(results), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "## Table 1: Synthetic rain" in shown
    assert "u8.json fills no cell" in shown
    assert {file.name for file in out.iterdir()} == {
        f"dcsfn.{suffix}" for suffix in ("md", "csv", "tex", "html")
    }
    assert "25.00" in (out / "dcsfn.tex").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["dcsfm"], "'dcsfn'"),
        (["dcsfn", "--scale", "smal"], "'small'"),
        (["dcsfn", "--results", "absent.json"], "absent.json"),
    ],
)
def test_mistakes_are_explained(arguments, said, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["study", "draw", *arguments, "--out", str(out)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not out.exists()


@pytest.mark.skipif(find_programs() is None, reason="Chromium or its driver is not installed")
def test_the_page_fits_a_phone_and_sorts(results, tmp_path):
    assert (
        main(["study", "draw", "dcsfn", "--results", str(results), "--out", str(tmp_path / "out")])
        == 0
    )
    with PageBrowser(tmp_path / "profile") as browser:
        for width in (390, 1300):
            browser.resize(width, 900)
            browser.get((tmp_path / "out/dcsfn.html").as_uri())
            assert browser.run("return document.documentElement.scrollWidth") <= width
        assert browser.console() == []
        first = "#chapter-0 table"
        heading = f"{first} thead th:nth-child(3) button"
        browser.run("document.querySelector(arguments[0]).click()", heading)
        names = browser.column("", first)
        assert names[:3] == ["DCSFN", "DDN", "PReNet"]
        hint = browser.run("return document.querySelector('#chapter-2 td[title]').title")
        assert hint == "restorekit study run dcsfn/table3"
