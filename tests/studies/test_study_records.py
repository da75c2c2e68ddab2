"""Study files are read, completed from the catalog, and refused with the key that is wrong."""

import pytest
import yaml

from restorekit.catalog import published_tables
from restorekit.errors import DataError, UnknownNameError
from restorekit.registry import MODELS
from restorekit.studies import OWN, STUDIES_VARIABLE, find_study, read_study, study_files
from restorekit.studies.places import jobs_of
from restorekit.studies.run import plan

CONTENT = {
    "title": "A study",
    "seeds": [0, 1],
    "runs": {
        "one": {"config": "configs/dcsfn/dcsfn_rain200h.py"},
        "two": {"config": "configs/dcsfn/ablations/k1.py", "seeds": [5]},
    },
    "tables": {
        "table5": {
            "title": "Scales",
            "published": "dcsfn-5",
            "rows": [
                {"label": "K = 1", "published": "DCSFN (K=1)", "runs": "two"},
                {"label": "DCSFN", "runs": ["one"]},
            ],
        }
    },
    "figures": {"curves": {"title": "C", "kind": "curves", "runs": ["two"]}},
    "scales": {
        "small": {
            "overrides": {"train_cfg.max_iters": 3},
            "runs": {"two": {"model.network.channels": 4}},
            "seeds": [7],
            "figures": [],
            "test_sets": {"rain200h": OWN},
            "images": "small ones",
        }
    },
}


def write(folder, content, name="mine"):
    file = folder / f"{name}.yml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return file


def changed(path, value):
    """Return the content with another value at a path of keys."""
    content = yaml.safe_load(yaml.safe_dump(CONTENT))
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return content


def test_what_a_table_leaves_out_is_the_published_one_s(tmp_path):
    table = read_study(write(tmp_path, CONTENT)).tables["table5"]
    theirs = published_tables()["dcsfn-5"]
    assert (table.columns, table.measures) == (theirs.columns, theirs.measures)
    assert table.protocol == theirs.protocol == "rgb_float"
    assert [row.published for row in table.rows] == ["DCSFN (K=1)", "DCSFN"]
    assert table.runs == ("two", "one")
    assert table.is_comparable("rain200h")


def test_the_first_seed_of_all_runs_comes_first(tmp_path):
    study = read_study(write(tmp_path, CONTENT))
    jobs = jobs_of(study, tmp_path)
    assert [(job.run.name, job.seed) for job in jobs] == [("one", 0), ("two", 5), ("one", 1)]
    assert jobs[1].work_dir == tmp_path / "mine/full/two/seed_5"
    assert [str(job) for job in jobs_of(study, tmp_path, runs=["two"], seeds=[3])] == [
        "two, seed 3"
    ]


def test_a_scale_changes_runs_seeds_and_test_sets(tmp_path):
    study = read_study(write(tmp_path, CONTENT)).at_scale("small")
    assert study.scale == "small"
    assert study.runs["one"].overrides == {"train_cfg.max_iters": 3}
    assert study.runs["two"].overrides["model.network.channels"] == 4
    assert {run.seeds for run in study.runs.values()} == {(7,)}
    assert not study.figures
    table = study.tables["table5"]
    assert table.test_set("rain200h") == OWN
    assert not table.is_comparable("rain200h")
    assert table.images == "small ones"


@pytest.mark.parametrize(
    ("path", "value", "parts"),
    [
        (["runs", "one", "confg"], "x", ["runs.one.confg", "'config'"]),
        (["runs", "One"], {"config": "x"}, ["One"]),
        (["tables", "table5", "published"], "dcsfn-55", ["table5.published", "'dcsfn-5'"]),
        (["tables", "table5", "rows", 0, "runs"], "tow", ["rows[0].runs", "'two'"]),
        (["tables", "table5", "rows", 1, "runs"], ["one", "two"], ["rows[1]", "2 runs", "1 col"]),
        (["tables", "table5", "rows", 0, "published"], "DCSFN (K=9)", ["rows[0]", "(K=1)"]),
        (["tables", "table5", "test_sets"], {"rain200h": "rain20h"}, ["table5", "rain200h"]),
        (["tables", "table5", "published"], "", ["table5.columns"]),
        (["figures", "curves", "runs"], ["there"], ["figures.curves.runs", "'there'"]),
        (["figures", "curves", "labels"], ["a", "b"], ["figures.curves.labels"]),
        (["scales", "small", "runs"], {"too": {}}, ["scales.small.runs", "'two'"]),
        (["scales", "full"], {}, ["scales.full"]),
    ],
)
def test_mistakes_are_named(tmp_path, path, value, parts):
    file = write(tmp_path, changed(path, value))
    with pytest.raises(DataError) as caught:
        read_study(file)
    for part in [str(file), *parts]:
        assert part in str(caught.value)


def test_an_unknown_scale_is_refused_with_the_nearest(tmp_path):
    with pytest.raises(DataError, match="'small'"):
        read_study(write(tmp_path, CONTENT)).at_scale("smal")


def test_studies_of_your_own_are_found_by_folder_and_by_file(tmp_path, monkeypatch):
    file = write(tmp_path, CONTENT)
    monkeypatch.setenv(STUDIES_VARIABLE, str(tmp_path))
    assert study_files()["mine"] == file
    assert find_study("mine").title == "A study"
    assert find_study(str(file)).name == "mine"
    with pytest.raises(UnknownNameError, match="'mine'"):
        find_study("mien")
    write(tmp_path, CONTENT, "dcsfn")
    with pytest.raises(DataError, match="one name"):
        study_files()


def test_the_paper_s_study_has_all_its_tables_and_figures():
    study = find_study("dcsfn")
    assert list(study.tables) == [f"table{n}" for n in range(1, 7)]
    assert list(study.figures) == [f"figure{n}" for n in range(4, 9)]
    for table in study.tables.values():
        assert {row.published for row in table.rows} == {*published_tables()[table.published].rows}
    small = study.at_scale("small")
    assert len(jobs_of(small)) == 30
    assert list(small.tables) == ["table3", "table4", "table5", "table6"]


def test_every_run_of_the_paper_s_study_has_a_config_that_is_tested_as_its_tables_say(tmp_path):
    planned = {one.job.run.name: one for one in plan(find_study("dcsfn"), tmp_path)}
    assert len(planned) == 30
    for name, one in planned.items():
        tests = {test.test_set: set(test.keys) for test in one.tests}
        catalog = one.config.test_dataloader.dataset.catalog
        assert {"psnr/rgb_float", "ssim/rgb_float"} <= tests[catalog], name
        assert one.config.train_dataloader.dataset.catalog == catalog
    assert planned["ddn-rain200h"].tests[1].test_set == "internet"
    assert planned["ddn-rain200h"].tests[1].measures == ["niqe"]


def test_runs_of_the_small_scale_differ_in_one_argument_of_the_network(tmp_path):
    planned = plan(find_study("dcsfn").at_scale("small"), tmp_path, seeds=[0])
    configs = {one.job.run.name: one.config.to_dict() for one in planned}
    networks = {name: config["model"].pop("network") for name, config in configs.items()}
    labels = {config.pop("method", "DCSFN") for config in configs.values()}
    assert len(labels) == len(configs) == 10
    full = networks.pop("dcsfn-rain200h")
    for name, network in networks.items():
        assert configs[name] == configs["dcsfn-rain200h"]
        assert len({*network.items()} ^ {*full.items()}) in {1, 2}, name
        size = MODELS.build(network).size_requirements
        assert size.fit(48, 48) == (48, 48)
