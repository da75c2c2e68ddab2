"""BasicSR's layout, built by hand with lmdb as its documentation describes it."""

import io

import lmdb
import numpy as np
import PIL.Image
import pytest

from restorekit.datasets import PairedDataset, open_pairs, write_lmdb
from restorekit.datasets.lmdb.basicsr import BasicSRImages
from restorekit.errors import DataError


def write_basicsr(path, images, leave_out=()):
    lines = []
    with lmdb.open(str(path), map_size=1 << 24) as opened, opened.begin(write=True) as transaction:
        for key, pixels in images.items():
            height, width, channels = pixels.shape
            lines.append(f"{key}.png ({height},{width},{channels}) 1\n")
            if key not in leave_out:
                buffer = io.BytesIO()
                PIL.Image.fromarray(pixels).save(buffer, "PNG")
                transaction.put(key.encode("ascii"), buffer.getvalue())
    (path / "meta_info.txt").write_text("".join(lines))


@pytest.fixture
def pixels(image):
    keys = ("0001", "0010", "sub/with space")
    return {key: (image(i, 20 + i, 30), image(9 + i, 20 + i, 30)) for i, key in enumerate(keys)}


@pytest.mark.parametrize("names", [("lq", "gt"), ("lq.lmdb", "gt.lmdb")])
@pytest.mark.parametrize("split", [None, "train"])
def test_a_pair_of_them_is_found_and_read(tmp_path, pixels, names, split):
    root = tmp_path / (split or "")
    root.mkdir(exist_ok=True)
    for place, name in enumerate(names):
        write_basicsr(root / name, {key: pair[place] for key, pair in pixels.items()})
    dataset = PairedDataset(tmp_path, split)
    assert dataset.names == list(pixels)
    for index, (lq, gt) in enumerate(pixels.values()):
        np.testing.assert_array_equal(dataset[index]["lq"], lq)
        np.testing.assert_array_equal(dataset[index]["gt"], gt)
    write_lmdb(dataset.reader, tmp_path / "ours", "encoded")
    np.testing.assert_array_equal(
        open_pairs(tmp_path / "ours").read(2)[1], pixels["sub/with space"][1]
    )


def test_a_missing_key_is_named_and_can_be_left_out(tmp_path, pixels):
    write_basicsr(tmp_path / "lq", {key: pair[0] for key, pair in pixels.items()})
    write_basicsr(tmp_path / "gt", {key: pair[1] for key, pair in pixels.items()}, {"0010"})
    with pytest.raises(DataError, match=r"gt\[0010\] is missing"):
        PairedDataset(tmp_path)
    assert PairedDataset(tmp_path, skip_broken=True).names == ["0001", "sub/with space"]


def test_half_of_one_is_refused(tmp_path, pixels):
    for place, name in enumerate(("lq", "gt")):
        write_basicsr(tmp_path / name, {key: pair[place] for key, pair in pixels.items()})
    (tmp_path / "gt/data.mdb").unlink()
    with pytest.raises(DataError, match=r"gt has a meta_info\.txt but no data\.mdb"):
        PairedDataset(tmp_path)
    (tmp_path / "lq/meta_info.txt").write_text("0001.png 20 30 3\n")
    with pytest.raises(DataError, match=r"the line '0001\.png 20 30 3'"):
        PairedDataset(tmp_path)


def test_a_start_reads_the_list_and_no_image(tmp_path, pixels, monkeypatch):
    for place, name in enumerate(("lq", "gt")):
        write_basicsr(tmp_path / name, {key: pair[place] for key, pair in pixels.items()})

    def never(*_):
        raise AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(BasicSRImages, "data", never)
        dataset = PairedDataset(tmp_path, pipeline=[{"type": "PackInputs"}])
        assert dataset.reader.known_sizes().tolist() == [[20, 30], [21, 30], [22, 30]]
        with pytest.raises(DataError, match=r"lq\[0001\] is 30×20 pixels"):
            PairedDataset(tmp_path, pipeline=[{"type": "PairedRandomCrop", "patch_size": 21}])
    # A list that cannot be true is not believed: the images are looked at.
    listed = (tmp_path / "gt/meta_info.txt").read_text()
    (tmp_path / "gt/meta_info.txt").write_text(listed.replace("(20,30,3)", "(20,31,3)"))
    assert PairedDataset(tmp_path).reader.size(0) == (20, 30)


def test_a_truncated_one_is_not_believed(tmp_path, pixels):
    for place, name in enumerate(("lq", "gt")):
        write_basicsr(tmp_path / name, {key: pair[place] for key, pair in pixels.items()})
    with (tmp_path / "gt/data.mdb").open("rb+") as file:
        file.truncate(3 * 4096)
    assert not BasicSRImages(tmp_path / "gt").known_sizes().any()
