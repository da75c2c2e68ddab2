"""The drawings of networks are those of the scripts, and show the networks of the configs."""

import importlib
import inspect
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from mmengine.config import Config

from restorekit.catalog import all_methods
from restorekit.registry import MODELS

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "tools" / "drawings"


@pytest.fixture
def drawings(monkeypatch):
    """Return a function that imports a script of tools/drawings."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    names = {path.stem for path in SCRIPTS.glob("*.py")}
    yield importlib.import_module
    for name in names & set(sys.modules):
        del sys.modules[name]


def arguments_of(method):
    """Return all arguments of the network of a method's first config."""
    network = dict(Config.fromfile(ROOT / all_methods()[method].configs[0].path).model.network)
    parameters = inspect.signature(MODELS.get(network.pop("type"))).parameters.values()
    return {one.name: one.default for one in parameters} | network


def test_the_files_are_not_stale(drawings):
    files = drawings("draw").files_to_write()
    assert {path.stem for path in files} == set(all_methods())
    assert set(files) == set((ROOT / "docs/images/architectures").glob("*.svg"))
    for path, content in files.items():
        assert path.read_text(encoding="utf-8") == content, "run tools/drawings/draw.py"


def test_every_drawing_stays_within_its_frame(drawings):
    for path, content in drawings("draw").files_to_write().items():
        root = ElementTree.fromstring(content)
        width, height = float(root.get("width")), float(root.get("height"))
        for shape in root.iter("{http://www.w3.org/2000/svg}rect"):
            x, y, w, h = (float(shape.get(key)) for key in ("x", "y", "width", "height"))
            assert 0 <= x <= x + w <= width, path.name
            assert 0 <= y <= y + h <= height, path.name


def test_encoder_decoders_have_the_numbers_of_their_configs(drawings):
    for method, shape in drawings("families").U_SHAPES.items():
        arguments = arguments_of(method)
        levels = len(shape.channels)
        assert list(shape.channels) == [arguments["channels"] << i for i in range(levels)], method
        bottom = sum(map(int, re.findall(r"\d+", shape.bottom)))
        blocks = arguments.get("num_blocks")
        if blocks is None:
            assert [*shape.encoder] == [*arguments["encoder_blocks"]], method
            assert bottom == arguments["middle_blocks"]
            assert [*shape.decoder][::-1] == [*arguments["decoder_blocks"]]
        elif isinstance(blocks, int):
            assert {*shape.encoder, *shape.decoder, bottom // 2} == {blocks}, method
        elif len(blocks) == 2 * levels - 1:
            assert [*shape.encoder, bottom, *reversed(shape.decoder)] == list(blocks), method
        else:
            twice = " + " in shape.bottom  # encoder and decoder at the smallest size
            assert [*shape.encoder, bottom // (1 + twice)] == list(blocks), method
            assert list(shape.decoder) == list(blocks[:-1]), method


def test_recurrent_networks_have_the_stages_of_their_configs(drawings):
    for method, one in drawings("families").RECURRENCES.items():
        assert one.stages == arguments_of(method)["num_stages"], method
