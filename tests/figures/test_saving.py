"""Files of figures: size, fonts, pixels, and the same bytes each time."""

import base64
import io
import re
import subprocess
import sys

import matplotlib as mpl
import numpy as np
import pytest
from figure_samples import ERRORS
from PIL import Image

from restorekit.errors import ConfigError, OutputError
from restorekit.figures import Box, compare, save


@pytest.fixture
def figure(images):
    return compare(images, gt="gt", pick=["rain-0"], crops=[Box(10, 12, 33, 22)], width=84).figure


def test_sizes_are_in_millimetres(figure, tmp_path):
    save(figure, "f.png", "f.pdf", "f.svg")
    height = figure.get_size_inches()[1] * 25.4
    with Image.open("f.png") as picture:
        dpi = picture.info["dpi"][0]
        assert dpi == pytest.approx(300, abs=0.1)
        assert picture.width / dpi * 25.4 == pytest.approx(84, abs=0.1)
        assert picture.height / dpi * 25.4 == pytest.approx(height, abs=0.1)
    page = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", (tmp_path / "f.pdf").read_bytes())
    assert float(page[1]) / 72 * 25.4 == pytest.approx(84, abs=0.01)
    assert float(page[2]) / 72 * 25.4 == pytest.approx(height, abs=0.01)
    width = re.search(r'<svg [^>]*width="([\d.]+)pt"', (tmp_path / "f.svg").read_text())
    assert float(width[1]) / 72 * 25.4 == pytest.approx(84, abs=0.01)


def test_fonts_are_embedded_as_truetype(figure, tmp_path):
    save(figure, "f.pdf", "f.svg")
    data = (tmp_path / "f.pdf").read_bytes()
    assert b"/FontFile2" in data
    assert b"/Type3" not in data
    assert b"/CIDFontType2" in data or b"/Subtype /TrueType" in data
    # Outlines need no font.
    assert "<text" not in (tmp_path / "f.svg").read_text()


def test_pixels_of_a_crop_are_in_the_files(figure, tmp_path):
    save(figure, "f.pdf", "f.svg")
    expected = [
        np.asarray(Image.open(f"{folder}/{name}-0.png"))[12:34, 10:43]
        for folder, name in [*((label, "rain") for label in ERRORS), ("gt", "norain")]
    ]
    uris = re.findall(r"data:image/png;base64,([^\"']+)", (tmp_path / "f.svg").read_text())
    drawn = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(uri))).convert("RGB")) for uri in uris
    ]
    for part in expected:
        # SVG draws from the bottom, and matplotlib mirrors what it embeds accordingly.
        assert any(
            one.shape == part.shape and ((one == part).all() or (one == part[::-1]).all())
            for one in drawn
        )
    streams = re.findall(
        rb"stream\r?\n(.*?)\r?\nendstream", (tmp_path / "f.pdf").read_bytes(), re.S
    )
    assert len(streams) > len(expected)
    sizes = re.findall(
        rb"/Height (\d+)[^>]*?/Width (\d+)|/Width (\d+)[^>]*?/Height (\d+)",
        (tmp_path / "f.pdf").read_bytes(),
    )
    assert len([one for one in sizes if {b"33", b"22"} <= set(one)]) == len(expected)


def test_same_bytes_twice(images, tmp_path):
    for folder in ("one", "two"):
        figure = compare(images, gt="gt", pick=["rain-0"], error_maps=True).figure
        save(figure, *(tmp_path / folder / f"f{suffix}" for suffix in (".png", ".pdf", ".svg")))
    for suffix in (".png", ".pdf", ".svg"):
        one, two = (tmp_path / folder / f"f{suffix}" for folder in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()
        assert not re.search(rb"CreationDate|<dc:date>", one.read_bytes())


def test_settings_around_it_neither_change_a_figure_nor_are_changed(images, tmp_path):
    def draw(name):
        save(compare(images, gt="gt", pick=["rain-0"]).figure, name)
        return (tmp_path / name).read_bytes()

    plain = draw("plain.pdf")
    with mpl.rc_context({"font.size": 20, "pdf.fonttype": 3, "axes.facecolor": "red"}):
        before = dict(mpl.rcParams)
        assert draw("changed.pdf") == plain
        assert dict(mpl.rcParams) == before


def test_pyplot_is_not_imported(tmp_path):
    code = (
        "import sys, restorekit.figures as f\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from restorekit.figures.style import new_figure, style\n"
        "with style(): f.save(new_figure(40, 20), sys.argv[1])\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "f.png"], check=True)


def test_other_formats_are_refused_before_anything_is_written(figure, tmp_path):
    with pytest.raises(ConfigError, match=r"\.pgn.*Did you mean '\.png'"):
        save(figure, "a.pdf", "b.pgn")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        save(figure, "a.pdf", "file/b.png")
    assert not (tmp_path / "a.pdf").exists()
