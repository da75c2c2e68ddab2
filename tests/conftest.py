"""What several tests need: small pairs, and the folder of real data where there is one."""

import os
import signal
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from small_runs import small_config, train  # noqa: F401  fixtures for every test

# Shells start background jobs with interrupts ignored, which some tests need.
signal.signal(signal.SIGINT, signal.default_int_handler)
torch.set_num_threads(1)
cv2.setNumThreads(1)


@pytest.fixture
def pair_folder():
    """Return a function that writes ``count`` pairs to ``root/lq`` and ``root/gt``.

    The clean images are smooth random fields, the rainy ones have bright slanted lines.
    """

    def write(root, count=3, size=(48, 64), seed=0):
        rng = np.random.default_rng(seed)
        height, width = size
        for kind in ("lq", "gt"):
            (Path(root) / kind).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            gt = cv2.resize(rng.uniform(30, 200, (6, 8, 3)), (width, height))
            lq = gt.copy()
            for _ in range(12):
                x, y = rng.integers(0, width), rng.integers(0, height)
                cv2.line(lq, (int(x), int(y)), (int(x) + 4, int(y) + 14), (235, 235, 235), 1)
            for kind, image in (("lq", lq), ("gt", gt)):
                path = Path(root) / kind / f"{number:03d}.png"
                cv2.imwrite(str(path), np.clip(np.round(image), 0, 255).astype(np.uint8))
        return Path(root)

    return write


@pytest.fixture
def scene():
    """Return a function: seed and size to something with the statistics of a photograph.

    Colours that change as 1/f, with things of one colour and sharp edges before them.
    """

    def draw(seed, height=160, width=240):
        rng = np.random.default_rng((seed, 17))
        rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)
        falloff = 1 / np.maximum(np.hypot(rows, columns), 1 / width) ** 1.3
        noise = rng.normal(size=(3, height, width))
        field = np.fft.irfft2(np.fft.rfft2(noise) * falloff, (height, width))
        field = 0.8 * field.mean(axis=0) + 0.2 * field
        image = np.ascontiguousarray((120 + 40 * field / field.std()).transpose(1, 2, 0))
        for _ in range(14):
            centre = rng.uniform(0, (width, height))
            corners = centre + rng.normal(scale=min(height, width) / 8, size=(5, 2))
            hull = cv2.convexHull(corners.astype(np.float32)).astype(np.int32)
            cv2.fillPoly(image, [hull], rng.uniform(20, 230, 3).tolist(), cv2.LINE_8)
        return np.clip(image + rng.normal(scale=2, size=image.shape), 0, 255).astype(np.uint8)

    return draw


@pytest.fixture
def real_data():
    """Return the folder of real images and weights, or skip where it is not at hand."""
    root = os.environ.get("RESTOREKIT_TEST_DATA")
    if not root or not Path(root).is_dir():
        pytest.skip("RESTOREKIT_TEST_DATA does not name the folder of real data")
    return Path(root).resolve()
