"""Figures of studies: their data is found, and what is missing is named with its command."""

import re

import numpy as np
import pytest
import yaml
from leaderboard_samples import sample_results, spread
from msgspec.structs import replace

from restorekit.evaluation.results import write_results
from restorekit.io.images import read_image, write_image
from restorekit.studies import OWN, find_study, read_study
from restorekit.studies.drawing import draw_study
from restorekit.studies.drawing.figures import labels_of
from restorekit.studies.places import jobs_of

STUDY = {
    "title": "Figures",
    "seeds": [0, 1],
    "runs": {name: {"config": "configs/dcsfn/dcsfn_rain200h.py"} for name in ("a", "b")},
    "tables": {
        "t": {
            "title": "T",
            "published": "dcsfn-1",
            "columns": ["rain200h"],
            "rows": [{"label": "PReNet", "runs": "a"}, {"label": "DCSFN", "runs": "b"}],
        }
    },
    "figures": {
        "curves": {"number": "Figure 6", "title": "Curves", "kind": "curves", "runs": ["a", "b"]},
        "compare": {
            "title": "Side by side",
            "kind": "compare",
            "runs": ["a", "b"],
            "test_set": "rain200h",
            "count": 2,
            "crop": "4,6,12,8",
        },
        "worst": {
            "title": "Failures",
            "kind": "failures",
            "runs": ["b"],
            "labels": ["<b>"],
            "test_set": OWN,
            "pick": "worst",
            "count": 1,
        },
    },
}


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "mine.yml"
    file.write_text(yaml.safe_dump(STUDY, sort_keys=False))
    return read_study(file)


def history(job, offset):
    job.work_dir.mkdir(parents=True)
    rows = [f"val,{step},{20 + offset + step / 100}" for step in (10, 20, 30)]
    text = "\n".join(["phase,iter,psnr/rgb_float", *rows])
    (job.work_dir / "history.csv").write_text(text + "\n")


def pictures(folder, noise, names=("one", "two", "three")):
    """Write images that are noisier the later their name; without noise, the clean ones."""
    for index, name in enumerate(names):
        rng = np.random.default_rng(index)
        image = rng.integers(60, 190, (4, 6, 3)).repeat(10, 0).repeat(10, 1).astype(float)
        image += np.random.default_rng(5).normal(0, noise * (index + 1) + 1e-9, image.shape)
        write_image(folder / f"{name}.png", image.clip(0, 255).astype(np.uint8))


def chapters(drawing):
    return {one.title: one for one in drawing.report.chapters}


def test_without_data_every_figure_names_its_command(study, tmp_path):
    found = chapters(draw_study(study, tmp_path / "work", folder=tmp_path / "out"))
    for id_, title in (
        ("curves", "Figure 6: Curves"),
        ("compare", "Side by side"),
        ("worst", "Failures"),
    ):
        assert found[title].figures == ()
        assert re.search(rf"`restorekit study run \S*mine.yml/{id_} ", found[title].notes[0])
    assert not list((tmp_path / "out").glob("*"))


def test_a_part_is_drawn_alone(study, tmp_path):
    drawing = draw_study(study, tmp_path, folder=tmp_path / "out", parts=["worst"])
    assert [one.title for one in drawing.report.chapters] == ["Failures"]
    assert draw_study(study, tmp_path, parts=["t"]).panels[0].table.id == "t"


def test_runs_in_several_tables_have_the_name_of_their_method():
    study = find_study("dcsfn")
    for one in (study, study.at_scale("small")):
        assert [*labels_of(one, one.figures["figure8"]).values()] == ["DCSFN"]
    assert [*labels_of(study, study.figures["figure4"]).values()][-2:] == ["SSIR", "DCSFN"]
    assert [*labels_of(study, study.figures["figure7"]).values()] == ["RNN", "LSTM", "GRU"]


def test_curves_of_all_seeds(study, tmp_path):
    for index, job in enumerate(jobs_of(study, tmp_path / "work", runs=["a"])):
        history(job, index)
    # A training without a validation yet is left out.
    begun = jobs_of(study, tmp_path / "work", runs=["b"])[0].work_dir
    begun.mkdir(parents=True)
    (begun / "history.csv").write_text("phase,iter,loss\ntrain,1,0.5\n")
    drawing = draw_study(study, tmp_path / "work", folder=tmp_path / "out")
    chapter = chapters(drawing)["Figure 6: Curves"]
    (figure,) = chapter.figures
    assert "standard deviation of 2 trainings" in figure.caption
    assert "DCSFN" in chapter.notes[0]  # the label of the run that has not begun
    files = {file.suffix: file for file in (tmp_path / "out").iterdir()}
    assert set(files) == {".png", ".svg", ".pdf"}
    assert files[".png"].read_bytes() == figure.png
    page = drawing.write(tmp_path / "out")[-1].read_text()
    assert "data:image/png;base64," in page


def test_images_of_given_results_are_compared(study, tmp_path):
    pictures(tmp_path / "data/rain200h/test/gt", 0)
    given = []
    for method, noise, seed in (("PReNet", 10, 3), ("DCSFN", 20, 4)):
        pictures(tmp_path / f"results/{method}", noise)
        file = tmp_path / f"results/{method}.json"
        write_results(file, replace(sample_results(method, spread(25.0)), seed=seed))
        given.append(file)
    drawing = draw_study(study, tmp_path / "work", given, tmp_path / "out")
    (figure,) = chapters(drawing)["Side by side"].figures
    how = "those that differ most, trained with seed 3 (PReNet), seed 4 (DCSFN)"
    assert figure.caption.startswith(f"Side by side. Images ({how}): three")
    assert "4,6,12,8" in figure.caption
    assert "psnr/rgb_float" in figure.caption
    image = read_image(tmp_path / "out/mine_compare.png")
    assert image.shape[1] == pytest.approx(174 / 25.4 * 300, abs=2)


def test_failures_are_the_worst_images_of_the_run(study, tmp_path):
    job = jobs_of(study, tmp_path / "work", runs=["b"])[0]
    pictures(job.restored(OWN), 30)
    pictures(tmp_path / "own/test/gt", 0)
    job.config.write_text("test_dataloader = dict(dataset=dict(data_root='own', split='test'))\n")
    drawing = draw_study(study, tmp_path / "work", folder=tmp_path / "out")
    (figure,) = chapters(drawing)["Failures"].figures
    assert "(the worst ones, trained with seed 0): three" in figure.caption
    assert "psnr/rgb_float" in figure.caption


def test_a_figure_that_cannot_be_drawn_says_why(study, tmp_path):
    job = jobs_of(study, tmp_path / "work", runs=["b"])[0]
    pictures(job.restored(OWN), 30)
    found = chapters(draw_study(study, tmp_path / "work", folder=tmp_path / "out"))
    assert found["Failures"].notes[0].startswith("Not drawn: ")
