"""`restorekit study draw` in a shell, and its page in a real Chromium."""

import pytest
from leaderboard_samples import sample_results, spread
from msgspec.structs import replace
from page_browser import PageBrowser, find_programs

from restorekit.cli import main
from restorekit.evaluation.results import write_results
from restorekit.evaluation.schema import FileRecord
from restorekit.io.files import sha256
from restorekit.studies import find_study
from restorekit.studies.places import jobs_of


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


def test_a_broken_file_of_a_run_is_reported_after_the_rest_is_drawn(tmp_path, capsys):
    root, out = tmp_path / "work", tmp_path / "out"
    study = find_study("dcsfn")
    for run in ("k1", "k2", "lstm"):
        (job,) = jobs_of(study, root, runs=[run])
        job.config.parent.mkdir(parents=True)
        job.config.write_text(f"seed = {job.seed}\n")
        results = sample_results("x", spread(25.0), name="rain200h")
        record = FileRecord(str(job.config), sha256(job.config))
        file = job.results("rain200h")
        write_results(file, replace(results, config=record, seed=job.seed))
    broken = jobs_of(study, root, runs=["k2"])[0].results("rain200h")
    broken.write_bytes(broken.read_bytes()[:100])
    command = ["study", "draw", "dcsfn", "--work-dir", str(root), "--out", str(out)]
    assert main(command) == 2
    shown, error = capsys.readouterr()
    assert str(broken) in error
    assert f"`restorekit study run dcsfn --run k2 --seeds 0 --work-dir {root}`" in error
    assert error.count("\n") == 1
    assert shown.count("**25.00**") == 2  # of the other two
    assert {file.suffix for file in out.iterdir()} == {".md", ".csv", ".tex", ".html"}
    # A table without that run is complete.
    command[2] = "dcsfn/table6"
    assert main(command) == 0


def test_a_part_alone_leaves_the_pages_of_the_whole_study(results, tmp_path):
    out = tmp_path / "out"
    for name in ("dcsfn", "dcsfn/table3"):
        arguments = ["study", "draw", name, "--results", str(results), "--out", str(out)]
        assert main(arguments) == 0
    assert len(list(out.iterdir())) == 8
    assert "## Table 1: " in (out / "dcsfn.md").read_text()
    assert (out / "dcsfn_table3.md").read_text().count("## Table") == 1


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
