"""Folders of images that several methods restored, and histories of trainings."""

from pathlib import Path

import numpy as np
import pytest
from scenes import save

from restorekit.evaluation.history import write_history
from restorekit.evaluation.results import build_results

#: Number of images, height and width.
COUNT, HEIGHT, WIDTH = 3, 60, 96
#: What is added to the clean image, by method: the error of each image, and where it is.
ERRORS = {"Plain": (30, 8, 16), "Ours & co": (4, 20, 10)}


def write_images(root):
    """Write ``gt``, ``lq`` and a folder for each of :data:`ERRORS`; return label to folder.

    Every image of a method has a constant error in a square of 20 by 20 pixels at (40, 30).
    """
    rng = np.random.default_rng(0)
    root = Path(root)
    for number in range(COUNT):
        gt = rng.integers(60, 180, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        save(root / f"gt/norain-{number}.png", gt)
        save(root / f"lq/rain-{number}.png", gt + np.uint8(50))
        for label, errors in ERRORS.items():
            pred = gt.copy()
            pred[30:50, 40:60] += np.uint8(errors[number])
            save(root / label / f"rain-{number}.png", pred)
    return {label: str(root / label) for label in ERRORS}


@pytest.fixture
def images(tmp_path, monkeypatch):
    """The folders of methods by label, inside the working folder."""
    monkeypatch.chdir(tmp_path)
    return write_images(tmp_path)


def write_training(folder, values, interval=10, loss=1.0):
    """Write a history whose validations have these values."""
    rows = []
    for number, value in enumerate(values, start=1):
        count = str(number * interval)
        rows.append({"iter": count, "phase": "train", "lr": "0.001", "loss": str(loss / number)})
        rows.append({"iter": count, "phase": "val", "psnr/rgb_float": str(value), "loss": "9"})
    Path(folder).mkdir(parents=True)
    write_history(Path(folder) / "history.csv", rows)
    return folder


def sample(method, psnr, macs, print_of="a", device="cpu"):
    """Return results of two images with this mean PSNR."""
    cost = {"macs_per_pixel": macs, "parameters": macs, "seconds_per_image": 1.0} if macs else {}
    return build_results(
        method,
        {"name": f"set {print_of}", "fingerprint": print_of * 64, "num_images": 2},
        {"rgb_float": {"psnr": {"1": psnr - 1, "2": psnr + 1}}},
        cost=cost,
        settings={"device": device},
    )
