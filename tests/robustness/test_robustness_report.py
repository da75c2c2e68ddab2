"""The measured numbers of a robustness report, its matrix, its failures and its files."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage.metrics import peak_signal_noise_ratio

from restorekit.certificate import read_certificate
from restorekit.cli.main import main
from restorekit.errors import ConfigError, DataError
from restorekit.evaluation.results import RAINY_INPUT, build_results, write_results
from restorekit.metrics.measures import build_measure
from restorekit.metrics.protocols import get_protocol
from restorekit.robustness import (
    Model,
    conditions,
    find_failures,
    measure_robustness,
    read_matrix,
    take_photos,
)

PROTOCOL = get_protocol("rgb_u8")


@pytest.fixture
def photos(tmp_path):
    """Return a folder of three photographs, as files."""
    rng = np.random.default_rng(0)
    (tmp_path / "clean").mkdir()
    for number in range(3):
        field = cv2.resize(rng.uniform(30, 200, (8, 12, 3)), (96, 64))
        cv2.imwrite(str(tmp_path / f"clean/{number}.png"), np.clip(field, 0, 255).astype(np.uint8))
    return tmp_path / "clean"


def blur(image):
    return cv2.blur(image, (3, 3))


def harm(image):
    return np.zeros_like(image)


def chosen(*keys):
    return [one for one in conditions() if one.key in keys]


def measured(folder, *models):
    found = chosen("kind-rain100h", "strength-0", "strength-1000", "jpeg-30")
    return measure_robustness(models, take_photos(folder), found, PROTOCOL)


def test_numbers_are_those_of_the_restored_images(photos):
    report = measured(photos, Model("blur", blur))
    assert report.labels == [RAINY_INPUT, "blur"]
    for condition in report.conditions:
        for name, photo in take_photos(photos).items():
            rainy, clean = condition.make(photo, 0)
            for label, image in ((RAINY_INPUT, rainy), ("blur", blur(rainy))):
                value = report.of(condition, label, "psnr")[name]
                if np.array_equal(image, clean):
                    assert value == PROTOCOL.identical_psnr
                else:
                    assert value == pytest.approx(peak_signal_noise_ratio(clean, image), abs=1e-6)


def test_gains_have_the_sign_of_an_improvement(photos):
    report = measured(photos, Model("blur", blur), Model("harm", harm))
    (rain,) = [one for one in report.conditions if one.key == "strength-1000"]
    assert min(report.gains(rain, "blur", "psnr").values()) > 0
    assert max(report.gains(rain, "harm", "psnr").values()) < 0


def test_failures_are_the_smallest_gains_one_for_an_axis_and_photograph(photos):
    report = measured(photos, Model("harm", harm))
    failures = find_failures(report, "harm", 3)
    worst = min(
        (gain, condition.key, name)
        for condition in report.conditions
        if not condition.is_dry
        for name, gain in report.gains(condition, "harm", "psnr").items()
    )
    assert (failures[0].gain, failures[0].condition.key, failures[0].photo) == worst
    assert len({one.photo for one in failures}) == len(failures)
    assert len({one.condition.axis for one in failures}) == len(failures)
    assert not any(one.condition.is_dry for one in failures)


def test_two_methods_of_one_name_are_refused(photos):
    with pytest.raises(ConfigError, match="blur"):
        measured(photos, Model("blur", blur), Model("blur", blur))


def test_large_photographs_are_reduced_and_tiny_ones_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "large.png"), np.zeros((900, 1536, 3), np.uint8))
    assert take_photos(tmp_path)["large"].shape == (450, 768, 3)
    assert take_photos(tmp_path, quick=True)["large"].shape == (225, 384, 3)
    cv2.imwrite(str(tmp_path / "tiny.png"), np.zeros((40, 200, 3), np.uint8))
    with pytest.raises(DataError, match="tiny"):
        take_photos(tmp_path)
    with pytest.raises(DataError, match="nowhere"):
        take_photos(tmp_path / "nowhere")


def results(path, method, psnr, fingerprint, protocol="rgb_u8"):
    dataset = {"name": fingerprint.upper(), "fingerprint": fingerprint, "num_images": 1}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_results(path, build_results(method, dataset, {protocol: {"psnr": {"a": psnr}}}))
    return str(path)


def test_matrix_of_training_and_test_sets(small_config, train, tmp_path):
    train(small_config("run", length=1, custom_hooks=[]))
    location = read_certificate(tmp_path / "run").training[0].location
    assert "data" in location
    given = [
        results(tmp_path / "run/results.json", "Net", 30.0, "x"),
        results(tmp_path / "run/y/results.json", "Net", 28.0, "y"),
        "Rain=" + results(tmp_path / "other.json", "Net", 31.0, "x"),
        "Rain=" + results(tmp_path / "seed.json", "Net", 32.0, "x"),
        results(tmp_path / "input.json", RAINY_INPUT, 20.0, "x"),
        results(tmp_path / "again.json", RAINY_INPUT, 20.0, "x"),
        results(tmp_path / "unknown.json", "Net", 29.0, "y"),
        results(tmp_path / "float.json", "Net", 30.0, "x", "rgb_float"),
    ]
    matrix = read_matrix(given, PROTOCOL, build_measure("psnr"))
    values = {
        (row, column): matrix.value(row, column) for row in matrix.rows for column in matrix.columns
    }
    assert values == {
        (("Net", "data"), "x"): 30.0,
        (("Net", "data"), "y"): 28.0,
        (("Net", "Rain"), "x"): 31.5,
        (("Net", "Rain"), "y"): None,
        (("Net", "not recorded"), "x"): None,
        (("Net", "not recorded"), "y"): 29.0,
        ((RAINY_INPUT, ""), "x"): 20.0,
        ((RAINY_INPUT, ""), "y"): None,
    }
    assert matrix.rows[-1][0] == RAINY_INPUT
    (note,) = matrix.left_out
    assert "float.json" in note
    assert "psnr/rgb_float" in note


@pytest.fixture
def few_conditions(monkeypatch):
    """Let the command measure under few conditions."""
    few = chosen("kind-rain100l", "strength-0", "strength-1000")
    monkeypatch.setattr("restorekit.robustness.conditions", lambda quick: few)
    return few


def test_command_writes_one_page_with_everything(
    photos, small_config, train, tmp_path, capsys, few_conditions
):
    tiny = {
        "type": "NAFNet",
        "channels": 4,
        "middle_blocks": 1,
        "encoder_blocks": [],
        "decoder_blocks": [],
    }
    train(small_config("run", length=1, **{"model.network": tiny, "custom_hooks": []}))
    model = f"<tiny>={tmp_path / 'run/iter_1.pth'}"
    given = results(tmp_path / "run/results.json", "Net", 30.0, "x")
    call = ["robustness", model, "--images", str(photos), "--results", given, "-o"]
    assert main([*call, str(tmp_path / "out")]) == 0
    with (tmp_path / "out/robustness.csv").open() as file:
        rows = list(csv.DictReader(file))
    conditions_of_rows = {(row["axis"], row["value"]) for row in rows}
    assert conditions_of_rows == {(c.axis, c.value) for c in few_conditions} | {("matrix", "")}
    assert {row["protocol"] for row in rows} == {"rgb_u8"}
    assert len(rows) == len(few_conditions) * 2 * 2 + 1
    page = (tmp_path / "out/robustness.html").read_text()
    assert "&lt;tiny&gt;" in page
    assert "<tiny>" not in page
    assert page.count('<img src="data:image/png;base64,') == 3
    fingerprint = next(row["fingerprint"] for row in rows)
    assert fingerprint in page
    text = (tmp_path / "out/robustness.md").read_text()
    for row in rows:
        assert f"{float(row['mean']):.{2 if row['measure'] == 'psnr' else 4}f}" in text
    for file in ("strength.png", "strength.svg", "failures.png"):
        assert (tmp_path / "out" / file).is_file()
    # The same again, to the last byte.
    assert main([*call, str(tmp_path / "again")]) == 0
    for file in sorted((tmp_path / "out").rglob("*.*")):
        other = tmp_path / "again" / file.relative_to(tmp_path / "out")
        assert file.read_bytes() == other.read_bytes(), file.name


def test_missing_folder_and_unknown_protocol_are_one_sentence(tmp_path, capsys):
    assert main(["robustness", "derain-small", "--images", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    photos = ["robustness", "derain-small", "--images", str(tmp_path)]
    assert main([*photos, "--protocol", "rgb_u9"]) == 2
    assert "rgb_u8" in capsys.readouterr().err
    assert not Path("robustness").exists()
