"""LMDBs that BasicSR's own writer made, read by our dataset."""

import importlib.util

import cv2
import numpy as np
import pytest

from restorekit.interop import import_basicsr
from restorekit.registry import DATASETS

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("basicsr") is None, reason="basicsr is not installed"
)


@pytest.mark.parametrize(
    "at", [("lq", "gt"), ("input.lmdb", "target.lmdb")], ids=["lq gt", "named"]
)
def test_basicsrs_lmdb_gives_the_images_of_its_folder(tmp_path, pair_folder, at):
    images = pair_folder(tmp_path / "images", count=4, size=(33, 41))
    (images / "gt" / "003.png").rename(images / "gt" / "rain-3.png")
    (images / "lq" / "003.png").rename(images / "lq" / "rain-3.png")
    names = sorted(path.stem for path in (images / "gt").iterdir())
    (tmp_path / "lmdb").mkdir()
    folders = [name.removesuffix(".lmdb") for name in at]
    for kind, folder in zip(("lq", "gt"), folders, strict=True):
        import_basicsr("utils.lmdb_util").make_lmdb_from_imgs(
            str(images / kind),
            str(tmp_path / "lmdb" / f"{folder}.lmdb"),
            [f"{name}.png" for name in names],
            names,
            map_size=1 << 20,
        )
    dataset = DATASETS.build(
        {"type": "PairedDataset", "data_root": str(tmp_path / "lmdb")}
        | {"lq_folder": at[0], "gt_folder": at[1]}
    )
    assert len(dataset) == 4
    for index in range(4):
        sample = dataset[index]
        assert sample["name"] == names[index]
        for kind in ("lq", "gt"):
            # cv2 decodes to BGR.
            image = cv2.imread(str(images / kind / f"{names[index]}.png"))[..., ::-1]
            np.testing.assert_array_equal(sample[kind], image)
