from __future__ import annotations

import cv2
import numpy as np
import pytest
from metric_references import photo, restored, saved

from restorekit.errors import DataError
from restorekit.evaluation.folder import measure_files
from restorekit.evaluation.image_folders import ImageFiles, find_images, left_out
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


@pytest.fixture
def restored_beside(tmp_path):
    """Two photographs, what `restorekit restore --compare` adds to them, and clean ones."""
    for name in ("a", "b"):
        for file in (f"photos/{name}.jpg", f"photos/{name}_restored.jpg", f"gt/{name}.png"):
            (tmp_path / file).parent.mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / file), np.zeros((20, 30, 3), np.uint8))
        cv2.imwrite(str(tmp_path / f"photos/{name}_compare.jpg"), np.zeros((20, 60, 3), np.uint8))
    return tmp_path


def test_results_beside_their_inputs_are_told_from_them(restored_beside):
    photos, gt = restored_beside / "photos", restored_beside / "gt"
    expected = [
        ImageFiles(name, *map(str, (photos / f"{name}_restored.jpg", gt / f"{name}.png", lq)))
        for name in ("a", "b")
        for lq in [photos / f"{name}.jpg"]
    ]
    assert find_images(photos, gt, photos) == expected
    assert find_images(photos) == [ImageFiles(one.name, one.pred) for one in expected]
    assert left_out(photos, restored=True) == ["a.jpg", "a_compare.jpg", "b.jpg", "b_compare.jpg"]
    assert left_out(photos) == [
        f"{name}_{what}.jpg" for name in ("a", "b") for what in ("compare", "restored")
    ]


def test_names_that_only_look_like_results_are_kept(restored_beside):
    gt = restored_beside / "gt"
    for file in sorted(gt.iterdir()):
        file.rename(gt / f"{file.stem}_restored.png")
    assert [one.name for one in find_images(gt)] == ["a_restored", "b_restored"]
    assert left_out(gt, restored=True) == left_out(gt) == []
