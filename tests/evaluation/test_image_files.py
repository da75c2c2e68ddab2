from __future__ import annotations

import cv2
import numpy as np
import pytest
from metric_references import photo, restored, saved

from restorekit.errors import DataError
from restorekit.evaluation.folder import measure_files
from restorekit.evaluation.image_folders import ImageFiles
from restorekit.io.fingerprint import image_digest
from restorekit.metrics import get_protocol
from restorekit.metrics.functional import niqe
from restorekit.metrics.plan import Plan

PROTOCOLS = [get_protocol(name) for name in ("rgb_u8", "matlab_y_double")]
PLAN = Plan(PROTOCOLS, ["niqe"])


def images(seed):
    """A restored, a clean and a rainy image, uint8 RGB."""
    gt = photo(100 + seed, 210, seed)
    return saved(restored(gt, seed)), gt, np.clip(gt.astype(int) + 30, 0, 255).astype(np.uint8)


@pytest.fixture
def files(tmp_path):
    written = []
    for seed in range(3):
        paths = [str(tmp_path / f"{what}-{seed}.png") for what in ("pred", "gt", "lq")]
        for path, image in zip(paths, images(seed), strict=True):
            cv2.imwrite(path, image[..., ::-1])
        written.append(ImageFiles(f"image {seed}", *paths))
    return written


def test_everything_of_an_image_is_measured(files):
    (found,) = measure_files(files[1:2], PLAN)
    pred, gt, lq = images(1)
    assert (found.name, found.size) == ("image 1", (101, 210))
    for protocol in PROTOCOLS:
        for key, value in protocol.measure(pred, gt).items():
            assert found.pred[f"{key}/{protocol.name}"] == value
        for key, value in protocol.measure(lq, gt).items():
            assert found.lq[f"{key}/{protocol.name}"] == value
    assert found.pred["niqe/matlab_gray"] == niqe(pred)
    assert found.lq["niqe/matlab_gray"] == niqe(lq)
    assert found.digest == image_digest(lq, gt)


def test_what_is_not_there_is_left_out(files):
    alone = ImageFiles("alone", files[0].pred)
    (found,) = measure_files([alone], Plan((), ["niqe"]))
    assert (list(found.pred), found.lq) == (["niqe/matlab_gray"], {})
    assert found.digest == image_digest(images(0)[0])


def test_order_and_number_of_processes_change_no_bit(files):
    one = measure_files(files, PLAN, processes=1)
    assert measure_files(files, PLAN, processes=2) == one
    assert measure_files(files[::-1], PLAN, processes=1) == one[::-1]


def test_an_error_names_the_files(files):
    other = ImageFiles("other", files[0].pred, files[1].gt)
    with pytest.raises(DataError, match=r"pred-0\.png and .*gt-1\.png: .*\(100, 210, 3\)"):
        measure_files([other], PLAN)
