"""Everything that can be wrong with data is found before training, named, and can be skipped."""

import numpy as np
import PIL.Image
import pytest

from restorekit.datasets import PairedDataset, UnpairedDataset
from restorekit.errors import DataError

CROP = [{"type": "PairedRandomCrop", "patch_size": 16}]


def cut(path):
    path.write_bytes(path.read_bytes()[:-40])


def other_size(path):
    PIL.Image.fromarray(np.zeros((20, 20, 3), np.uint8)).save(path)


def too_small(path):
    for side in ("lq", "gt"):
        small = PIL.Image.fromarray(np.zeros((40, 15, 3), np.uint8))
        small.save(path.parent.parent / side / path.name)


def sixteen_bits(path):
    PIL.Image.fromarray(np.zeros((24, 30), np.uint16)).save(path)


def text(path):
    path.write_text("<html>404</html>" * 10)


BREAKAGES = {
    "truncated": (cut, "truncated"),
    "empty file": (lambda p: p.write_bytes(b""), "empty"),
    "other size": (other_size, r"20×20.*same size"),
    "missing partner": (lambda p: p.unlink(), "no rainy image"),
    "smaller than the patch": (too_small, r"15×40 pixels, smaller than the 16×16.*patch_size"),
    "16 bits": (sixteen_bits, "8 bits"),
    "no image": (text, "not an image"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_each_breakage_is_named_and_can_be_left_out(paired_root, name, monkeypatch):
    root, pixels = paired_root
    breakage, reason = BREAKAGES[name]
    breakage(root / "train/lq/5.png")
    with pytest.raises(DataError, match=reason) as caught:
        PairedDataset(root, "train", CROP)
    message = str(caught.value)
    assert "5.png" in message
    assert "--skip-broken" in message
    assert "\n" not in message
    assert message.endswith(".")
    logged = []
    monkeypatch.setattr(
        "restorekit.datasets.checks.print_log", lambda text, **_: logged.append(text)
    )
    dataset = PairedDataset(root, "train", CROP, skip_broken=True)
    assert len(dataset) == 11
    assert dataset.names == [n for n in pixels if n != "5"]
    assert len(logged) == 1
    assert "left out 1" in logged[0]
    assert "5.png" in logged[0]
    # What is left still belongs together.
    for sample, (lq, gt) in zip(dataset.names, (pixels[n] for n in dataset.names), strict=True):
        index = dataset.names.index(sample)
        for have, want in zip(dataset.reader.read(index), (lq, gt), strict=True):
            np.testing.assert_array_equal(have, want)


def test_a_missing_clean_image_is_named(paired_root):
    root, _ = paired_root
    (root / "train/gt/7.png").unlink()
    with pytest.raises(DataError, match=r"lq/7\.png has no clean image"):
        PairedDataset(root, "train")


def test_many_problems_are_counted_and_the_first_named(paired_root):
    root, _ = paired_root
    for number in (2, 4, 6, 8, 10):
        cut(root / f"train/gt/{number}.png")
    with pytest.raises(
        DataError, match=r"^5 problems.*2\.png.*4\.png.*6\.png.*and 2 more"
    ) as caught:
        PairedDataset(root, "train")
    assert "8.png" not in str(caught.value)


def test_a_rule_that_pairs_nothing_is_answered_with_one_that_does(tmp_path, save, image):
    for number in range(3):
        save(tmp_path / f"lq/rain-{number}.png", image(1))
        save(tmp_path / f"gt/norain-{number}.png", image(1))
    with pytest.raises(DataError, match=r"pairing='same': pairing='norain-{id}' would pair all"):
        PairedDataset(tmp_path, pairing="same")
    assert len(PairedDataset(tmp_path, pairing="norain-{id}.png")) == 3


def test_nothing_usable_is_an_error_even_when_skipping(tmp_path, save, image):
    cut(save(tmp_path / "1.png", image(1)))
    with pytest.raises(DataError, match="No image can be used"):
        UnpairedDataset(tmp_path, skip_broken=True)


def test_an_odd_width_is_not_two_images(tmp_path, save, image):
    save(tmp_path / "1.png", image(1, 20, 41))
    with pytest.raises(DataError, match=r"1\.png is 41 pixels wide.*even"):
        PairedDataset(tmp_path, layout="side_by_side")


def test_damage_that_only_decoding_shows_names_the_file(paired_root):
    root, _ = paired_root
    path = root / "train/lq/3.png"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(bytes(data))
    dataset = PairedDataset(root, "train", CROP)
    with pytest.raises(DataError, match=r"lq/3\.png is damaged"):
        dataset[2]
