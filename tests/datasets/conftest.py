"""Small datasets on disk, written by Pillow so that our own writer is not judged by itself."""

import numpy as np
import PIL.Image
import pytest


def _image(seed, height=24, width=30):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture
def image():
    """A function: seed and size to a picture of noise, different for each seed."""
    return _image


@pytest.fixture
def save():
    """A function that writes a picture to a path whose ending chooses the format."""

    def write(path, pixels):
        path.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(pixels).save(path)
        return path

    return write


@pytest.fixture
def paired_root(tmp_path, save):
    """A folder with 12 pairs in train/lq and train/gt, of two sizes; and their pixels."""
    root = tmp_path / "data"
    pixels = {}
    for number in range(1, 13):
        size = (24, 30) if number % 2 else (31, 25)
        lq, gt = _image(number, *size), _image(100 + number, *size)
        save(root / f"train/lq/{number}.png", lq)
        save(root / f"train/gt/{number}.png", gt)
        pixels[str(number)] = (lq, gt)
    return root, pixels
