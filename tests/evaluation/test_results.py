import copy
import hashlib
import json
import math

import pytest

from restorekit.errors import DataError
from restorekit.leaderboard import build_results, read_results, write_results

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
        "schema": "restorekit.results/1",
        "method": "DCSFN",
        "config": {"path": "configs/dcsfn.py", "sha256": hashlib.sha256(b"config").hexdigest()},
        "checkpoint": {"path": "model.pth", "sha256": hashlib.sha256(b"weights").hexdigest()},
        "dataset": DATASET,
        "protocols": {
            "rgb_u8": {
                "psnr": {"mean": 25.5, "images": {"a": 24.0, "b": 25.5, "c": 27.0}},
                "ssim": {"mean": 0.5, "images": {"a": 0.5, "b": 0.25, "c": 0.75}},
            }
        },
        "cost": {"parameters": 12, "macs_per_pixel": 3.5, "seconds_per_image": 0.25},
        "settings": {"device": "cpu", "dtype": "float32", "tile": None, "ensemble": False},
    }
    assert {"restorekit", "torch", "python", "platform"} <= environment.keys()


def test_what_does_not_apply_is_left_out():
    results = build_results("Somebody's", DATASET)
    assert results.keys() == {"schema", "method", "dataset", "environment"}


def test_a_file_elsewhere_goes_by_its_name_alone(tmp_path, monkeypatch):
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    (tmp_path / "home/model.pth").write_bytes(b"weights")
    monkeypatch.chdir(tmp_path / "work")
    results = build_results("DCSFN", DATASET, checkpoint=tmp_path / "home/model.pth")
    assert results["checkpoint"]["path"] == "model.pth"


def change(results, key, value):
    *parents, last = key
    target = results
    for parent in parents:
        target = target[parent]
    if value is KeyError:
        del target[last]
    else:
        target[last] = value


PSNR = ("protocols", "rgb_u8", "psnr")


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (("schema",), "restorekit.results/9", "schema must be 'restorekit.results/1'"),
        (("schema",), KeyError, "schema must be 'restorekit.results/1', not nothing"),
        (("method",), "", "method must be a text, not ''"),
        (("dataset",), [], "dataset must be a JSON object"),
        (("dataset", "fingerprint"), KeyError, "dataset.fingerprint must be a text"),
        (("dataset", "num_images"), 0, "dataset.num_images must be 1 or more, not 0"),
        (("dataset", "num_images"), 4, "has 3 images, and dataset.num_images says 4"),
        (("checkpoint", "sha256"), "abc", "checkpoint.sha256 must be 64 hex digits"),
        (("protocols", "rgb_u8", "ssim"), KeyError, "protocols.rgb_u8.ssim is missing"),
        (
            (*PSNR, "mean"),
            25.4,
            "protocols.rgb_u8.psnr.mean is 25.4, and the mean of its images is",
        ),
        ((*PSNR, "mean"), "25.5", "protocols.rgb_u8.psnr.mean must be a number, not '25.5'"),
        ((*PSNR, "images", "b"), None, r"protocols.rgb_u8.psnr.images\['b'\] must be a number"),
        ((*PSNR, "images", "b"), math.nan, r"psnr.images\['b'\] must be finite, not nan"),
        ((*PSNR, "images", "b"), math.inf, r"psnr.images\['b'\] must be finite, not inf"),
        ((*PSNR, "images"), {"a": 24.0, "b": 25.5, "x": 27.0}, "psnr and ssim for the same images"),
        (("cost", "parameters"), -1, "cost.parameters must be a number, 0 or more, not -1"),
        (("settings",), "cpu", "settings must be a JSON object, not 'cpu'"),
        (
            ("no_reference",),
            {"niqe": {"mean": 0.2, "images": {"a": 0.1, "b": 0.2, "c": 0.3}}},
            "no_reference.niqe.variant must be a text",
        ),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path, monkeypatch, key, value, message):
    results = copy.deepcopy(whole(tmp_path, monkeypatch))
    change(results, key, value)
    (tmp_path / "bad.json").write_text(json.dumps(results))
    with pytest.raises(DataError, match=f"bad.json: .*{message}"):
        read_results("bad.json")
    with pytest.raises(DataError, match=message):
        write_results("new.json", results)
    assert not (tmp_path / "new.json").exists()


def test_what_is_no_results_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"absent\.json cannot be read"):
        read_results(tmp_path / "absent.json")
    (tmp_path / "text.json").write_text("{'a': 1}")
    with pytest.raises(DataError, match=r"text\.json is not JSON"):
        read_results(tmp_path / "text.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(DataError, match=r"list\.json: the file must be a JSON object"):
        read_results(tmp_path / "list.json")


def test_other_measures_and_keys_of_ones_own_are_kept(tmp_path, monkeypatch):
    results = whole(tmp_path, monkeypatch)
    images = {"a": 3.0, "b": 4.0, "c": 5.0}
    results["no_reference"] = {"niqe": {"variant": "live", "mean": 4.0, "images": images}}
    results["note"] = "seed 3"
    write_results("results.json", results)
    assert read_results("results.json") == results
