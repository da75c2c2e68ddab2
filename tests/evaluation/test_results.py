import hashlib
import json
import math
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from restorekit.errors import DataError
from restorekit.leaderboard import build_results, rank_all, read_results, write_results

DATASET = {"name": "rain100l", "version": "old", "fingerprint": "f" * 64, "num_images": 3}
VALUES = {
    "rgb_u8": {
        "psnr": {"a": 24.0, "b": 25.5, "c": 27.0},
        "ssim": {"a": 0.5, "b": 0.25, "c": 0.75},
    }
}


def whole(tmp_path, monkeypatch):
    """Return results in which everything is said."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir(exist_ok=True)
    (tmp_path / "configs/dcsfn.py").write_bytes(b"config")
    (tmp_path / "model.pth").write_bytes(b"weights")
    return build_results(
        "DCSFN",
        DATASET,
        VALUES,
        config=tmp_path / "configs/dcsfn.py",
        checkpoint="model.pth",
        seed=3,
        selected_on="test",
        cost={"parameters": 12, "macs_per_pixel": 3.5, "seconds_per_image": 0.25},
        settings={"device": "cpu", "dtype": "float32", "tile": None, "ensemble": False},
    )


def test_a_written_file_reads_back(tmp_path, monkeypatch):
    results = whole(tmp_path, monkeypatch)
    write_results("out/results.json", results)
    assert read_results("out/results.json") == results
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["results.json"]


def test_the_file_has_the_documented_form(tmp_path, monkeypatch):
    write_results("results.json", whole(tmp_path, monkeypatch))
    content = json.loads((tmp_path / "results.json").read_text())
    environment = content.pop("environment")
    assert content == {
        "schema": "restorekit.results/2",
        "method": "DCSFN",
        "config": {"path": "configs/dcsfn.py", "sha256": hashlib.sha256(b"config").hexdigest()},
        "checkpoint": {"path": "model.pth", "sha256": hashlib.sha256(b"weights").hexdigest()},
        "dataset": DATASET,
        "measures": {
            "psnr/rgb_u8": {
                "measure": "psnr",
                "label": "PSNR",
                "unit": "dB",
                "digits": 2,
                "higher_is_better": True,
                "protocol": "rgb_u8",
                "mean": 25.5,
                "images": {"a": 24.0, "b": 25.5, "c": 27.0},
            },
            "ssim/rgb_u8": {
                "measure": "ssim",
                "label": "SSIM",
                "unit": "",
                "digits": 4,
                "higher_is_better": True,
                "protocol": "rgb_u8",
                "mean": 0.5,
                "images": {"a": 0.5, "b": 0.25, "c": 0.75},
            },
        },
        "seed": 3,
        "selected_on": "test",
        "cost": {"parameters": 12, "macs_per_pixel": 3.5, "seconds_per_image": 0.25},
        "settings": {"device": "cpu", "dtype": "float32", "tile": None, "ensemble": False},
    }
    assert {"restorekit", "torch", "python", "platform"} <= environment.keys()


def test_what_does_not_apply_is_left_out(tmp_path):
    write_results(tmp_path / "r.json", build_results("Somebody's", DATASET))
    content = json.loads((tmp_path / "r.json").read_text())
    assert content.keys() == {"schema", "method", "dataset", "environment"}


def test_a_file_elsewhere_goes_by_its_name_alone(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "home/model.pth").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path / "work")
    results = build_results("DCSFN", DATASET, checkpoint=tmp_path / "home/model.pth")
    assert results.checkpoint.path == "model.pth"


def change(results, key, value):
    *parents, last = key
    target = results
    for parent in parents:
        target = target[parent]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value


PSNR = ("measures", "psnr/rgb_u8")
PSNR_1 = ("protocols", "rgb_u8", "psnr")


def broken(content, key, value, tmp_path):
    """Return the message about a file in which one value is changed."""
    change(content, key, value)
    (tmp_path / "bad.json").write_text(json.dumps(content))
    with pytest.raises(DataError) as caught:
        read_results(tmp_path / "bad.json")
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        (("schema",), "restorekit.results/9", ["schema", "restorekit.results/9"]),
        (("schema",), KeyError, ["schema", "nothing"]),
        (("method",), "", ["method", "''"]),
        (("method",), 7, ["method", "a text", "7"]),
        (("dataset",), [], ["dataset", "[]"]),
        (("dataset", "fingerprint"), KeyError, ["dataset.fingerprint", "missing"]),
        (("dataset", "num_images"), 0, ["dataset.num_images", "1 or more", "0"]),
        (("dataset", "num_images"), 4, ["3 images", "dataset.num_images says 4"]),
        (("dataset", "num_images"), True, ["dataset.num_images", "whole number", "True"]),
        (("checkpoint", "sha256"), "abc", ["checkpoint.sha256", "'abc'"]),
        ((*PSNR, "mean"), 25.4, ["measures.psnr/rgb_u8.mean", "25.4", "25.5"]),
        ((*PSNR, "mean"), "25.5", ["measures.psnr/rgb_u8.mean", "a number", "'25.5'"]),
        ((*PSNR, "mean"), KeyError, ["measures.psnr/rgb_u8.mean", "missing"]),
        ((*PSNR, "higher_is_better"), 1, ["measures.psnr/rgb_u8.higher_is_better", "1"]),
        ((*PSNR, "digits"), -1, ["measures.psnr/rgb_u8.digits", "-1"]),
        ((*PSNR, "protocol"), "rgb", ["measures.psnr/rgb_u8", "'psnr/rgb'"]),
        ((*PSNR, "images", "b"), None, ["measures.psnr/rgb_u8.images.b", "nothing"]),
        ((*PSNR, "images", "b"), math.nan, ["psnr/rgb_u8.images['b']", "nan"]),
        ((*PSNR, "images", "b"), math.inf, ["psnr/rgb_u8.images['b']", "inf"]),
        ((*PSNR, "images", "b"), -1e200, ["psnr/rgb_u8.images['b']", "-1e+200"]),
        ((*PSNR, "images"), {}, ["measures.psnr/rgb_u8.images", "not empty"]),
        (
            (*PSNR, "images"),
            {"a": 24.0, "b": 25.5, "x": 27.0},
            ["measures.ssim/rgb_u8", "same images as measures.psnr/rgb_u8"],
        ),
        (("cost", "parameters"), -1, ["cost.parameters", "0 or more", "-1"]),
        (("settings",), "cpu", ["settings", "'cpu'"]),
        (("selected_on",), "luck", ["selected_on", "luck"]),
    ],
)
def test_an_error_names_the_file_the_key_and_the_value(tmp_path, monkeypatch, key, value, named):
    content = msgspec.to_builtins(whole(tmp_path, monkeypatch))
    message = broken(content, key, value, tmp_path)
    assert message.startswith(f"{tmp_path / 'bad.json'}: ")
    for word in named:
        assert word in message


def test_what_is_not_valid_is_not_written(tmp_path, monkeypatch):
    results = whole(tmp_path, monkeypatch)
    psnr = replace(results.measures["psnr/rgb_u8"], mean=1.0)
    with pytest.raises(DataError, match="mean"):
        write_results("new.json", replace(results, measures={"psnr/rgb_u8": psnr}))
    assert not (tmp_path / "new.json").exists()


def test_what_is_no_results_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"absent\.json cannot be read"):
        read_results(tmp_path / "absent.json")
    (tmp_path / "text.json").write_text("{'a': 1}")
    with pytest.raises(DataError, match=r"text\.json is not JSON"):
        read_results(tmp_path / "text.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(DataError, match=r"list\.json: the file must be an object"):
        read_results(tmp_path / "list.json")


def test_measures_that_are_not_installed_are_read_and_unknown_keys_ignored(tmp_path, monkeypatch):
    content = msgspec.to_builtins(whole(tmp_path, monkeypatch))
    content["measures"]["sharpness"] = {
        "measure": "sharpness",
        "label": "Sharpness",
        "unit": "px",
        "digits": 1,
        "higher_is_better": False,
        "mean": 4.0,
        "images": {"a": 3.0, "b": 5.0},
        "left_out": {"c": "flat"},
        "colour": "red",
    }
    content["note"] = "a remark"
    (tmp_path / "r.json").write_text(json.dumps(content))
    read = read_results("r.json").measures["sharpness"]
    assert (read.title, read.sign, read.left_out) == ("Sharpness (px)", -1, {"c": "flat"})


SCHEMA_1 = Path(__file__).with_name("schema_1")


@pytest.mark.parametrize("file", sorted(SCHEMA_1.glob("*.json")), ids=lambda file: file.stem)
def test_files_of_schema_1_are_read_as_measures(file, tmp_path):
    old = json.loads(file.read_text())
    results = read_results(file)
    expected = {
        f"{measure}/{protocol}": values
        for protocol, measures in old.get("protocols", {}).items()
        for measure, values in measures.items()
    }
    for measure, values in old.get("no_reference", {}).items():
        expected[f"{measure}/{values['variant']}"] = values
    assert {key: (one.mean, one.images) for key, one in results.measures.items()} == {
        key: (values["mean"], values["images"]) for key, values in expected.items()
    }
    for key, values in expected.items():
        assert results.measures[key].left_out == values.get("left_out", {})
        assert results.measures[key].higher_is_better is not key.startswith("niqe")
    for key in ("method", "dataset", "settings", "environment", "cost", "config", "checkpoint"):
        assert msgspec.to_builtins(getattr(results, key)) == old.get(key, {}) or key not in old
    write_results(tmp_path / "new.json", results)
    assert read_results(tmp_path / "new.json") == results


def test_files_of_schema_1_rank_as_they_did():
    results = {name: read_results(SCHEMA_1 / name) for name in ("evaluate.json", "test.json")}
    results["rainy_input.json"] = read_results(SCHEMA_1 / "rainy_input.json")
    found = {
        ranking.criterion: [(entry.rank, entry.method) for entry in ranking.entries]
        for ranking in rank_all(results)
    }
    better = [(1, "Mine"), (None, "Rainy input"), (2, "PReNet")]
    assert found["rgb_u8"] == found["rgb_float"] == better
    (other,) = (order for name, order in found.items() if name.startswith("niqe"))
    assert other == [(1, "PReNet"), (2, "Mine"), (None, "Rainy input")]


@pytest.mark.parametrize(
    ("key", "value", "named"),
    [
        ((*PSNR_1, "mean"), 25.4, ["protocols.rgb_u8.psnr.mean", "25.4"]),
        ((*PSNR_1, "images", "1"), "many", ["protocols.rgb_u8.psnr.images.1", "'many'"]),
        (("protocols", "rgb_u8", "ssim"), KeyError, ["protocols.rgb_u8.ssim", "missing"]),
        (("no_reference", "niqe", "variant"), KeyError, ["no_reference.niqe.variant", "missing"]),
    ],
)
def test_errors_in_files_of_schema_1_name_the_keys_of_the_file(tmp_path, key, value, named):
    content = json.loads((SCHEMA_1 / "test.json").read_text())
    message = broken(content, key, value, tmp_path)
    for word in named:
        assert word in message
