"""Folders of images that any program restored."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from restorekit.errors import ConfigError, DataError
from restorekit.evaluation.folder import evaluate_folder, name_of_folder
from restorekit.io.fingerprint import dataset_fingerprint, image_digest
from restorekit.io.images import read_image, write_image
from restorekit.metrics import get_protocol

PROTOCOLS = [get_protocol(name) for name in ("rgb_u8", "basicsr_y")]


@pytest.fixture
def folders(pair_folder, tmp_path):
    """Folders of clean, rainy and restored images called 000.png to 002.png."""
    root = pair_folder(tmp_path / "mine")
    for path in sorted((root / "lq").iterdir()):
        rainy, clean = read_image(path), read_image(root / "gt" / path.name)
        half = (rainy.astype(int) + clean) // 2
        write_image(root / "ours" / path.name, half.astype(np.uint8))
    return root


def evaluated(root, pred="ours", gt="gt", lq=None, **settings):
    settings = {"protocols": PROTOCOLS, "processes": 1, **settings}
    return evaluate_folder(root / pred, gt and root / gt, lq and root / lq, **settings)


def test_values_and_means_are_those_of_the_images(folders):
    results = evaluated(folders).results
    assert results.method == "ours"
    assert results.dataset.name == "mine"
    for protocol in PROTOCOLS:
        expected = {
            path.stem: protocol.measure(read_image(path), read_image(folders / "gt" / path.name))
            for path in sorted((folders / "ours").iterdir())
        }
        for measure in ("psnr", "ssim"):
            found = results.measures[f"{measure}/{protocol.name}"]
            assert found.images == {name: value[measure] for name, value in expected.items()}
            assert found.mean == pytest.approx(np.mean([*found.images.values()]), abs=1e-12)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("data/mine/test/gt", "mine"),
        ("data/mine/gt/test", "mine"),
        ("data/mine/lq", "mine"),
        ("data/mine.lmdb", "mine"),
        ("rainy/gt", "rainy"),
        ("clean/rainy/test/gt", "rainy"),
        ("data/test/test/gt", "test"),
        ("/gt", "gt"),
    ],
)
def test_a_test_set_has_the_name_of_its_folder(folder, name):
    assert name_of_folder(folder) == name


def test_other_names_order_and_file_formats_change_no_bit(folders):
    first = evaluated(folders, lq="lq")
    for number in range(3):
        # The last comes first.
        for kind, name in (("ours", f"rain-{3 - number}.bmp"), ("lq", f"rain-{3 - number}.png")):
            image = read_image(folders / kind / f"{number:03d}.png")
            write_image(folders / "other" / kind / name, image)
        clean = folders / "other/gt" / f"norain-{3 - number}.png"
        clean.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folders / "gt" / f"{number:03d}.png", clean)
    other = evaluated(folders / "other", lq="lq")
    for one, another in (
        (first.results, other.results),
        (first.rainy_input, other.rainy_input),
    ):
        assert one.dataset.fingerprint == another.dataset.fingerprint
        for protocol in PROTOCOLS:
            for measure in ("psnr", "ssim"):
                found = [r.measures[f"{measure}/{protocol.name}"] for r in (one, another)]
                assert found[0].mean == found[1].mean
                assert [*found[0].images.values()] == [*found[1].images.values()][::-1]


def test_the_fingerprint_is_that_of_the_test_set(folders):
    digests = [
        image_digest(read_image(path), read_image(folders / "gt" / path.name))
        for path in sorted((folders / "lq").iterdir())
    ]
    results = evaluated(folders, lq="lq")
    assert results.results.dataset.fingerprint == dataset_fingerprint(digests)
    assert results.rainy_input.method == "Rainy input"
    assert evaluated(folders).results.dataset.fingerprint != dataset_fingerprint(digests)


def test_extra_protocols_are_measured_and_left_out_of_the_results(folders):
    extra = get_protocol("rgb_float")
    evaluation = evaluated(folders, protocols=PROTOCOLS[:1], extra_protocols=[extra])
    assert [*evaluation.results.measures] == ["psnr/rgb_u8", "ssim/rgb_u8"]
    keys = {f"{one}/{name}" for one in ("psnr", "ssim") for name in ("rgb_u8", "rgb_float")}
    assert all(set(image.pred) == keys for image in evaluation.images)


def test_niqe_of_large_enough_photographs(tmp_path, scene):
    for number, size in enumerate([(192, 200), (100, 200), (40, 60)]):
        write_image(tmp_path / "photos" / f"{number}.png", scene(number, *size))
    settings = {"protocols": [], "measures": ["niqe:basicsr_y"]}
    results = evaluated(tmp_path, "photos", None, **settings).results
    (niqe,) = results.measures.values()
    assert (niqe.variant, list(niqe.images)) == ("basicsr_y", ["0", "1"])
    assert "40×60" in niqe.left_out["2"]
    write_image(tmp_path / "tiny/0.png", scene(0, 40, 60))
    with pytest.raises(DataError, match="None of 1 images can be measured"):
        evaluated(tmp_path, "tiny", None, **settings)


def test_what_cannot_be_measured(folders):
    with pytest.raises(ConfigError, match="rgb_u8 compares with clean images"):
        evaluated(folders, gt=None)
    (folders / "gt/001.png").unlink()
    with pytest.raises(DataError, match=r"ours/001\.png has no partner in .*gt"):
        evaluated(folders)
