"""The numbers of cards: measured on small images, in the form that publishing reads."""

import json

import numpy as np
import skimage.data

from benchmarks.__main__ import main
from restorekit.hub.index import Measured
from restorekit.io.images import write_image
from restorekit.io.records import to_record
from restorekit.rain import RainRenderer


def test_a_network_is_measured_on_pairs_and_on_rendered_rain(tmp_path, monkeypatch, capsys):
    photo = skimage.data.chelsea()[:96, 100:220]
    rainy = RainRenderer("rain100h")(photo, np.random.default_rng(0))
    write_image(tmp_path / "rain100l_sample/lq/rain-001.png", rainy)
    write_image(tmp_path / "rain100l_sample/gt/norain-001.png", photo)
    write_image(tmp_path / "kodak24/01.png", photo)
    monkeypatch.setenv("RESTOREKIT_TEST_DATA", str(tmp_path))
    numbers = tmp_path / "numbers.json"
    assert main(["hub", "--parts", "pairs", "rendered", "clean", "--json", str(numbers)]) == 0
    measured = to_record(json.loads(numbers.read_text()), list[Measured], str(numbers))
    first, *rendered, clean = measured
    assert first.restored["psnr"] > first.input["psnr"] + 5
    assert [one.data for one in rendered][:2] == [
        "Kodak24, rain rain100l",
        "Kodak24, rain rain100h",
    ]
    assert clean.input == {}
    assert clean.restored["psnr"] > 35
    assert "Kodak24, clean" in capsys.readouterr().out


def test_without_images_the_folder_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RESTOREKIT_TEST_DATA", str(tmp_path))
    assert main(["hub", "--parts", "pairs"]) == 2
    assert str(tmp_path) in capsys.readouterr().err
