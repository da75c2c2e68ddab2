"""Every example of the gallery runs, draws and prints what the site shows; so do screenshots."""

import importlib.util
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from restorekit.registry import ALL_REGISTRIES

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = sorted((ROOT / "docs" / "gallery").glob("*.py"))
#: Packages that are optional, by what an example is about.
NEEDS = {"video": "av", "onnx": "onnxruntime"}
LARGEST_FILE = 60_000
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[-+]?\d+)?")


def load_tool(name, monkeypatch):
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def gallery(monkeypatch):
    return load_tool("gallery", monkeypatch)


@pytest.fixture
def registries():
    """Take out afterwards what an example registered."""
    before = {name: {*registry.names()} for name, registry in ALL_REGISTRIES.items()}
    yield
    for name, registry in ALL_REGISTRIES.items():
        for key in {*registry.module_dict} - before[name]:
            del registry.module_dict[key]


@pytest.mark.slow
@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_example_draws_and_prints_what_the_gallery_shows(script, gallery, registries, tmp_path):
    for word, package in NEEDS.items():
        if word in script.stem and importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    run = gallery.run_example(script, tmp_path)
    shown = script.with_suffix(".txt").read_text(encoding="utf-8")
    # Numbers of trained networks differ a little between processors.
    assert NUMBER.sub("#", run.printed) == NUMBER.sub("#", shown), "run tools/gallery.py"
    numbers = [[float(one) for one in NUMBER.findall(text)] for text in (run.printed, shown)]
    np.testing.assert_allclose(*numbers, rtol=0.05, atol=0.02)
    with Image.open(script.with_suffix(".webp")) as file:
        # Means of blocks, since WebP changes fine detail.
        pictures = [one.convert("RGB").reduce(8) for one in (run.picture, file)]
    drawn, committed = (np.asarray(picture, np.float32) for picture in pictures)
    assert np.ptp(np.asarray(run.picture)) > 200
    assert drawn.shape == committed.shape
    assert np.abs(drawn - committed).mean() < 3, "run tools/gallery.py"


def test_the_index_is_not_stale(gallery):
    index = (ROOT / "docs" / "gallery" / "index.md").read_text(encoding="utf-8")
    assert index == gallery.index(), "run tools/gallery.py"
    assert len(EXAMPLES) >= 12


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_pictures_are_small_and_links_lead_somewhere(script):
    assert script.with_suffix(".webp").stat().st_size < LARGEST_FILE
    text = script.read_text(encoding="utf-8").split('"""')[1]
    for target in re.findall(r"\]\(([^)\s#]+)", text):
        assert (script.parent / target).exists(), target


def test_the_picture_of_a_terminal_shows_the_commands_of_its_page_and_loads_nothing(monkeypatch):
    drawn = (ROOT / "docs" / "images" / "terminal.svg").read_text(encoding="utf-8")
    page = (ROOT / "docs" / "start" / "restore.md").read_text(encoding="utf-8")
    text = "".join(ElementTree.fromstring(drawn).itertext()).replace("\xa0", " ")
    for command in load_tool("screenshots", monkeypatch).TYPED:
        assert f"\n{command}\n" in page
        assert command in text, "run tools/screenshots.py terminal"
    # rich names a font on another host.
    assert re.findall(r"url\((?!#)", drawn) == []
