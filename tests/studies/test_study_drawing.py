"""Tables of studies: which results files fill which cells, and the numbers in them."""

import csv
import shlex

import numpy as np
import pytest
import yaml
from leaderboard_samples import sample_results, spread
from msgspec.structs import replace
from scipy import stats

from restorekit.errors import DataError
from restorekit.evaluation.results import read_results, write_results
from restorekit.evaluation.schema import FileRecord
from restorekit.io.files import sha256
from restorekit.studies import OWN, find_study, read_study
from restorekit.studies.drawing import draw_study
from restorekit.studies.places import jobs_of

STUDY = {
    "title": "Scales",
    "seeds": [0, 1, 2],
    "runs": {name: {"config": "configs/dcsfn/dcsfn_rain200h.py"} for name in ("k1", "k2", "k3")},
    "tables": {
        "table5": {
            "number": "Table 5",
            "title": "Number of scales",
            "published": "dcsfn-5",
            "rows": [
                {"label": "K = 1", "published": "DCSFN (K=1)", "runs": "k1"},
                {"label": "K = 2", "published": "DCSFN (K=2)", "runs": "k2"},
                {"label": "K = 3", "published": "DCSFN", "runs": "k3"},
            ],
        }
    },
    "scales": {"small": {"about": "Small.", "test_sets": {"rain200h": OWN}, "images": "a few"}},
}
MEANS = {"k1": 27.0, "k2": 27.5, "k3": 28.5}


@pytest.fixture
def study(tmp_path):
    file = tmp_path / "mine.yml"
    file.write_text(yaml.safe_dump(STUDY, sort_keys=False))
    return read_study(file)


def values_of(job):
    seed = 10 * list(MEANS).index(job.run.name) + job.seed
    return spread(MEANS[job.run.name] + 0.1 * job.seed, count=200, seed=seed)


@pytest.fixture
def root(study, tmp_path):
    """Write the results of all trainings at both scales but the last of K = 2."""
    root = tmp_path / "work"
    for scale, test_set in (("full", "rain200h"), ("small", OWN)):
        for job in jobs_of(study.at_scale(scale), root):
            if (job.run.name, job.seed) != ("k2", 2):
                file = job.results(test_set)
                file.parent.mkdir(parents=True)
                job.config.write_text(f"seed = {job.seed}\n")
                results = sample_results("x", values_of(job), name="rain200h")
                record = FileRecord(str(job.config), sha256(job.config))
                write_results(file, replace(results, config=record, seed=job.seed))
    return root


def measured_data(study, root):
    """Return run to the values of trainings × images that were written."""
    data = {name: [] for name in MEANS}
    for job in jobs_of(study, root):
        if job.results("rain200h").exists():
            data[job.run.name].append([*values_of(job).values()])
    return {name: np.array(values) for name, values in data.items()}


def column(drawing, key, table=0):
    columns = drawing.report.chapters[table].tables[0].columns
    (found,) = [one for one in columns if one.key == key]
    return found


def texts(drawing, key, table=0):
    return [cell.text() for cell in column(drawing, key, table).cells]


def test_numbers_are_those_of_numpy(study, root):
    drawing = draw_study(study, root)
    data = measured_data(study, root)
    here, gaps = column(drawing, "psnr-here").cells, column(drawing, "psnr-gap").cells
    for index, (values, published) in enumerate(
        zip(data.values(), (28.34, 28.35, 28.81), strict=True)
    ):
        assert here[index].sort_by == pytest.approx(values.mean())
        number = here[index].items[0].values[0]
        assert number.plus_minus == pytest.approx(values.mean(axis=1).std(ddof=1))
        assert gaps[index].sort_by == pytest.approx(values.mean() - published)
    assert texts(drawing, "psnr-paper") == ["28.34", "28.35", "28.81"]
    assert [cell.best for cell in here] == [False, False, True]
    assert [cell.second for cell in here] == [False, True, False]
    assert texts(drawing, "trainings") == ["3", "2 of 3", "3"]
    assert texts(drawing, "images") == ["200"] * 3
    # The paper calls K = 3 best: the others are compared with it.
    best = data["k3"].mean(axis=0)
    for index, run in enumerate(("k1", "k2")):
        difference = data[run].mean(axis=0) - best
        assert column(drawing, "against").cells[index].sort_by == pytest.approx(difference.mean())
        expected = stats.wilcoxon(difference).pvalue
        assert column(drawing, "p_value").cells[index].sort_by == pytest.approx(expected)
    assert column(drawing, "against").cells[2].items == ()


def test_results_of_another_config_or_seed_fill_no_cell(study, root):
    first, second, _ = jobs_of(study, root, runs=["k3"])
    first.config.write_text("seed = 100\n")
    file = second.results("rain200h")
    write_results(file, replace(read_results(file), seed=5))
    assert texts(draw_study(study, root), "trainings") == ["3", "2 of 3", "1 of 3"]


def test_a_file_that_cannot_be_used_leaves_its_cell_empty(study, root):
    _, second, _ = jobs_of(study, root, runs=["k3"])
    file = second.results("rain200h")
    file.write_text(file.read_text()[:-200])
    drawing = draw_study(study, root)
    assert texts(drawing, "trainings") == ["3", "2 of 3", "2 of 3"]
    (sentence,) = drawing.unreadable
    assert str(file) in sentence
    command = shlex.split(sentence.split("`")[-2])
    assert command[command.index("--run") :][:4] == ["--run", "k3", "--seeds", str(second.seed)]
    assert sentence in drawing.report.chapters[-1].notes


def test_the_csv_file_has_the_numbers_in_full(study, root, tmp_path):
    drawing = draw_study(study, root)
    files = {file.suffix: file for file in drawing.write(tmp_path / "out")}
    assert files[".csv"].name == "mine.csv"
    with files[".csv"].open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["row"], row["measure"]) for row in rows[:2]] == [
        ("K = 1", "psnr"),
        ("K = 1", "ssim"),
    ]
    values = [values_of(job) for job in jobs_of(study, root, runs=["k1"])]
    mean = np.mean([[*one.values()] for one in values])
    assert float(rows[0]["mean"]) == pytest.approx(mean, abs=1e-12)
    assert float(rows[0]["gap"]) == pytest.approx(mean - 28.34)
    assert rows[0]["published"] == "28.34"
    assert (rows[0]["trainings"], rows[0]["planned"]) == ("3", "3")
    assert rows[0]["against"] == "K = 3"


def test_the_sentence_about_order(study, root):
    (lead,) = draw_study(study, root).report.chapters[0].lead
    assert "3 of 3 pairs" in lead
    assert "2 to 3 trainings a row" in lead


def test_a_scale_marks_the_papers_numbers_and_has_no_gap(study, root):
    drawing = draw_study(study.at_scale("small"), root)
    table = drawing.report.chapters[0].tables[0]
    assert not [one for one in table.columns if one.key.endswith("-gap")]
    assert "full size" in column(drawing, "psnr-paper").title
    assert "--scale small" in drawing.report.chapters[0].notes[-1]  # of the missing training
    assert table.title == "a few"
    assert draw_study(study.at_scale("small"), root).write(root / "o")[0].read_text()


def test_empty_cells_name_the_command_that_fills_them(tmp_path):
    drawing = draw_study(find_study("dcsfn"), tmp_path)
    cells = column(drawing, "psnr-here", 2).cells
    assert {cell.text() for cell in cells} == {"–"}
    assert {cell.hint for cell in cells} == {
        f"restorekit study run dcsfn/table3 --work-dir {tmp_path}"
    }
    files = {file.suffix: file.read_text() for file in drawing.write(tmp_path / "out")}
    assert "`restorekit study run dcsfn/table3 --work-dir" in files[".md"]
    assert files[".html"].count("28.81") >= 5
    with (tmp_path / "out/dcsfn.csv").open(newline="") as stream:
        commands = {row["command"] for row in csv.DictReader(stream)}
    assert f"restorekit study run dcsfn/table1 --work-dir {tmp_path}" in commands


def test_the_papers_numbers(tmp_path):
    drawing = draw_study(find_study("dcsfn"), tmp_path)
    first = drawing.report.chapters[0]
    assert [table.title for table in first.tables] == ["Rain200H", "Rain200L", "Rain1200"]
    names = texts(drawing, "method")
    printed = dict(zip(names, texts(drawing, "psnr-paper"), strict=True))
    assert (printed["DCSFN"], printed["SSIR"]) == ("28.81", "22.47")
    assert [cell.text() for cell in column(drawing, "psnr-paper").cells if cell.best] == ["28.81"]
    niqe = dict(zip(names, texts(drawing, "niqe-paper", 1), strict=True))
    assert niqe["DCSFN"] == "3.54"
    (best,) = [cell.text() for cell in column(drawing, "niqe-paper", 1).cells if cell.best]
    assert best == "3.54"


def given(folder, **results):
    folder.mkdir(exist_ok=True)
    for name, result in results.items():
        write_results(folder / f"{name}.json", result)
    return folder


def test_given_files_fill_the_cells_that_they_fit(tmp_path):
    files = given(
        tmp_path / "given",
        a=sample_results("prenet", spread(27.5), ssim=spread(0.88, deviation=0.01)),
        b=sample_results("DCSFN", spread(28.6)),
    )
    (files / "other.json").write_text('{"not": "results"}')
    drawing = draw_study(find_study("dcsfn"), tmp_path, [files])
    cells = dict(zip(texts(drawing, "method"), texts(drawing, "psnr-here"), strict=True))
    assert {name: text for name, text in cells.items() if text != "–"} == {
        "PReNet": "27.50",
        "DCSFN": "28.60",
    }
    assert texts(drawing, "psnr-gap")[4] == "-0.39"
    # The full model is a row of the ablations, too.
    assert texts(drawing, "psnr-here", 2) == ["–", "–", "–", "28.60"]
    assert drawing.unfitting == ()
    assert "given/a.json" in " ".join(drawing.report.chapters[0].notes)


def test_given_files_take_the_place_of_own_runs_and_seeds_are_trainings(study, root, tmp_path):
    results = {
        f"seed{seed}": replace(
            sample_results("dcsfn (k=1)", spread(29.0 + seed, seed=seed)), seed=seed
        )
        for seed in range(4)
    }
    drawing = draw_study(study, root, [given(tmp_path / "given", **results)])
    assert texts(drawing, "trainings")[0] == "4"
    assert column(drawing, "psnr-here").cells[0].sort_by == pytest.approx(30.5)


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        (sample_results("PReNet", spread(27.5), protocols=("rgb_u8",)), "--protocol rgb_float"),
        (sample_results("PReNet", spread(27.5, count=100)), "200 test images"),
        (
            sample_results("PReNet", spread(27.5, count=100), name="rain100h", version="old"),
            "rain100h-old",
        ),
        (sample_results("PRenet+", spread(27.5)), "Did you mean 'PReNet'"),
        # NIQE of a synthetic test set is not that of photographs of real rain.
        (
            sample_results("PReNet", spread(27.5, count=2), niqe={"1": 3.0, "2": 4.0}),
            "200 test images",
        ),
        (
            sample_results(
                "PReNet",
                spread(27.5),
                settings={"tile": {"size": 64, "stride": 64, "merge": "paste"}},
            ),
            "whole images",
        ),
    ],
)
def test_a_file_that_fills_nothing_says_why(results, reason, tmp_path):
    files = given(tmp_path / "given", odd=results)
    drawing = draw_study(find_study("dcsfn"), tmp_path, [files / "odd.json"])
    (sentence,) = drawing.unfitting
    assert sentence.startswith("given/odd.json fills no cell: ")
    assert reason in sentence
    assert set(texts(drawing, "psnr-here")) == {"–"}
    # The page has it, too.
    assert sentence in drawing.report.chapters[-1].notes


def test_results_of_the_input_are_not_missed(tmp_path):
    files = given(tmp_path / "given", rainy_input=sample_results("Rainy input", spread(13.0)))
    assert draw_study(find_study("dcsfn"), tmp_path, [files]).unfitting == ()


def test_commands_can_be_pasted(study, tmp_path):
    root = tmp_path / "my runs"
    (panel,) = draw_study(study, root).panels
    assert shlex.split(panel.command)[-2:] == ["--work-dir", str(root)]


def test_niqe_says_on_which_photographs(tmp_path):
    files = given(
        tmp_path / "given",
        a=sample_results("DCSFN", None, niqe={"1": 3.5, "2": 3.7}, name="mine"),
    )
    drawing = draw_study(find_study("dcsfn"), tmp_path, [files])
    assert drawing.report.chapters[1].tables[0].title == "2 images of mine"
    assert "(official)" in drawing.report.chapters[1].notes[0]
    assert not [one for one in drawing.report.chapters[1].tables[0].columns if "gap" in one.key]
    given(files, b=sample_results("DDN", None, niqe={"1": 4.0}, name="other", print_of="b"))
    with pytest.raises(DataError, match="different images"):
        draw_study(find_study("dcsfn"), tmp_path, [files])


def test_two_files_of_one_training_are_refused(tmp_path):
    files = given(
        tmp_path / "given",
        a=sample_results("DCSFN", spread(28.5)),
        b=sample_results("DCSFN", spread(28.6)),
    )
    with pytest.raises(DataError, match=r"a\.json and .*b\.json have different numbers"):
        draw_study(find_study("dcsfn"), tmp_path, [files])


@pytest.mark.parametrize("name", ["absent", "empty"])
def test_a_place_without_results_is_refused(name, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=name):
        draw_study(find_study("dcsfn"), tmp_path, [tmp_path / name])
