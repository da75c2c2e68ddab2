"""`restorekit evaluate` from end to end, and real photographs in `restorekit test`."""

from __future__ import annotations

import json

import numpy as np
import pytest

from restorekit.cli import main
from restorekit.engine.runner import Runner
from restorekit.io.images import read_image, write_image
from restorekit.metrics import PROTOCOLS, get_protocol
from restorekit.metrics.functional import niqe


@pytest.fixture
def folder(pair_folder, tmp_path, monkeypatch):
    """The working folder, with images in lq and gt."""
    pair_folder(tmp_path)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def photos(tmp_path, scene, monkeypatch):
    for number, size in enumerate([(192, 200), (100, 200), (40, 60)]):
        write_image(tmp_path / "photos" / f"{number}.png", scene(number, *size))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "photos"


def evaluate(capsys, *arguments, status=0):
    """Return what a call printed; of a failing one, the sentence."""
    assert main(["evaluate", *arguments]) == status
    captured = capsys.readouterr()
    if status == 0:
        return captured.out
    assert captured.out == ""
    (sentence,) = [line for line in captured.err.splitlines() if "measuring" not in line]
    return sentence


def test_all_protocols_are_measured_named_and_written(folder, capsys):
    text = evaluate(capsys, "--pred", "lq", "--gt", "gt", "--method", "Ours", "--out", "r.json")
    results = json.loads((folder / "r.json").read_text())
    assert results["method"] == "Ours"
    assert list(results["measures"]) == [
        f"{measure}/{name}" for name in PROTOCOLS for measure in ("psnr", "ssim")
    ]
    for name in PROTOCOLS:
        (psnr,) = [
            line for line in text.splitlines() if line.startswith(f"{name} ") and "dB" in line
        ]
        assert psnr.split()[-1] == f"{results['measures'][f'psnr/{name}']['mean']:.4f}"
    pair = read_image(folder / "lq/001.png"), read_image(folder / "gt/001.png")
    expected = get_protocol("pil_y_skimage").measure(*pair)
    assert results["measures"]["ssim/pil_y_skimage"]["images"]["001"] == expected["ssim"]
    assert not (folder / "rainy_input.json").exists()


def test_the_rainy_input_stands_beside_it(folder, capsys):
    write_image(folder / "ours/rain-000.png", read_image(folder / "gt/000.png"))
    for kind in ("lq", "gt"):
        for name in ("001.png", "002.png"):
            (folder / kind / name).unlink()
        (folder / kind / "000.png").rename(folder / kind / f"{'no' * (kind == 'gt')}rain-000.png")
    arguments = ["--pred", "ours", "--gt", "gt", "--lq", "lq", "--protocol", "rgb_u8"]
    text = evaluate(capsys, *arguments, "--out", "out/r.json", "--per-image")
    assert "Rainy input" in text
    assert ["rain-000", "100.0000", "1.000000"] in [line.split() for line in text.splitlines()]
    rainy = json.loads((folder / "out/rainy_input.json").read_text())
    assert rainy["method"] == "Rainy input"
    assert rainy["measures"]["psnr/rgb_u8"]["mean"] < 40


def test_photographs_get_a_table_of_niqe(photos, capsys):
    text = evaluate(capsys, "--pred", "photos", "--per-image", "--out", "r.json")
    values = [niqe(read_image(photos / f"{number}.png")) for number in range(2)]
    assert "NIQE (matlab_gray)" in text
    for number, value in enumerate(values):
        assert [str(number), f"{value:.4f}"] in [line.split() for line in text.splitlines()]
    assert f"{np.mean(values):.4f}" in text
    assert "the mean of 2 images; 1 have none: 2: NIQE needs at least two whole blocks" in text
    text = evaluate(capsys, "--pred", "photos", "--metric", "niqe:basicsr_y")
    assert "niqe (basicsr_y)" in text
    assert "matlab_gray" not in text


def test_explanations_are_of_these_images(folder, capsys):
    text = evaluate(
        capsys, "--pred", "lq", "--gt", "gt", "--explain",
        "--protocol", "basicsr_y", "--protocol", "rgb_u8", "--protocol", "matlab_y_double",
    )  # fmt: skip
    assert "From basicsr_y to rgb_u8 (3 images): PSNR" in text
    assert "1.3219 dB is expected and found." in text
    assert "3 of 64×48 not at all. It makes no difference here." in text


def test_a_protocol_of_ones_own(folder, capsys):
    (folder / "mine.py").write_text(
        "from restorekit.metrics import Protocol, register_protocol\n"
        "register_protocol(Protocol('evaluate_test_floor', quantize='floor'))\n"
    )
    arguments = ["--pred", "lq", "--gt", "gt", "--plugin", "mine.py"]
    try:
        assert "evaluate_test_floor  PSNR" in evaluate(
            capsys, *arguments, "--protocol", "evaluate_test_floor"
        )
    finally:
        PROTOCOLS.pop("evaluate_test_floor", None)


MISTAKES = {
    "no such folder": (["--pred", "nowhere"], "nowhere is not a folder"),
    "no images": (["--pred", "empty"], "holds no images"),
    "a file": (["--pred", "lq/000.png"], "lq/000.png is not a folder"),
    "unknown protocol": (["--pred", "lq", "--gt", "gt", "--protocol", "rgb_u9"], "'rgb_u8'"),
    "no clean images": (["--pred", "lq", "--protocol", "rgb_u8"], "compares with clean images"),
    "unknown metric": (["--pred", "lq", "--metric", "nique"], "niqe"),
    "unknown variant": (["--pred", "lq", "--metric", "niqe:matlab_grey"], "'matlab_gray'"),
    "too small for NIQE": (["--pred", "lq"], "None of 3 images can be measured"),
    "one protocol": (
        ["--pred", "lq", "--gt", "gt", "--protocol", "rgb_u8", "--explain"],
        "give two or more",
    ),
    "a rule that is none": (["--pred", "lq", "--gt", "gt", "--pairs", "x-{n}"], "{id}"),
    "a folder to write to": (["--pred", "lq", "--gt", "gt", "--out", "lq"], "lq/results.json"),
    "a file on the way": (["--pred", "lq", "--out", "lq/000.png/r.json"], "cannot be written"),
    "processes": (["--pred", "lq", "--gt", "gt", "--processes", "0"], "must be at least 1"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_one_sentence(folder, capsys, name):
    arguments, words = MISTAKES[name]
    assert words in evaluate(capsys, *arguments, status=2)


def test_images_that_do_not_fit_together_are_named(folder, capsys):
    arguments = ["--pred", "lq", "--gt", "gt"]
    write_image(folder / "gt/001.png", read_image(folder / "gt/001.png")[:, :-3])
    sentence = evaluate(capsys, *arguments, status=2)
    assert "lq/001.png is 64×48 pixels and gt/001.png 61×48" in sentence
    (folder / "gt/001.png").unlink()
    assert "lq/001.png has no partner in gt" in evaluate(capsys, *arguments, status=2)
    (folder / "lq/001.png").write_bytes((folder / "lq/000.png").read_bytes()[:300])
    write_image(folder / "gt/001.png", read_image(folder / "gt/000.png"))
    assert "lq/001.png" in evaluate(capsys, *arguments, status=2)


def test_real_photographs_are_measured_by_niqe_in_a_test(small_config, photos, tmp_path):
    config = small_config("work", length=2)
    Runner.from_cfg(config).train()
    config.test_dataloader.dataset = {
        "type": "UnpairedDataset",
        "data_root": str(photos),
        "pipeline": [{"type": "PackInputs"}],
    }
    config.test_evaluator = []
    config.dump(str(tmp_path / "photos.py"))
    arguments = ["test", str(tmp_path / "photos.py"), config.work_dir, "--out", "r.json"]
    arguments += ["--work-dir", "test", "--save-dir", "restored"]
    assert main(arguments) == 0
    for file, where in (("r.json", "restored"), ("rainy_input.json", "photos")):
        measured = json.loads((tmp_path / file).read_text())["measures"]["niqe/matlab_gray"]
        assert (measured["variant"], measured["higher_is_better"]) == ("matlab_gray", False)
        expected = {str(i): niqe(read_image(tmp_path / where / f"{i}.png")) for i in range(2)}
        assert measured["images"] == expected
        assert list(measured["left_out"]) == ["2"]
