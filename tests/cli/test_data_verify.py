"""``restorekit data verify``: sound data passes, and each fault is reported."""

import hashlib
import re
import shutil

import numpy as np
import pytest
from scenes import hand_out, save, scene

from restorekit.catalog import get_dataset
from restorekit.cli import main
from restorekit.datasets.preparation import verify
from restorekit.datasets.preparation.examine import PairFacts, SplitFacts


def call(*arguments):
    return main(["data", "verify", *map(str, arguments)])


@pytest.fixture
def rain12(tmp_path):
    """A folder with twelve pairs as Rain12 has them, and the pairs."""
    pairs = hand_out("canonical", tmp_path / "rain12/test", 12)
    return tmp_path / "rain12", pairs


def fingerprint(pairs):
    """The definition, written down once more."""
    digests = []
    for lq, gt in pairs.values():
        digest = hashlib.sha256()
        for image in (lq, gt):
            digest.update(str(tuple(image.shape)).encode() + image.tobytes())
        digests.append(digest.hexdigest())
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


def test_sound_data(rain12, capsys):
    root, pairs = rain12
    assert call("rain12", root) == 0
    out = capsys.readouterr().out
    row = next(line for line in out.splitlines() if line.startswith("test  "))
    expected = ["test", "12", "12", "64×48", "0", "0", "0"]
    assert row.split()[:7] == expected
    assert f"test: fingerprint {fingerprint(pairs)}" in out
    assert "not known" in out


def test_the_fingerprint_depends_on_pixels_alone(rain12, tmp_path, capsys):
    root, pairs = rain12
    for number, (lq, gt) in enumerate(reversed(pairs.values())):
        save(tmp_path / f"other/{number:03d}_in.png", lq, compress_level=1)
        save(tmp_path / f"other/{number:03d}_GT.png", gt, optimize=True)
    assert call("rain12", tmp_path / "other") == 0
    assert fingerprint(pairs) in capsys.readouterr().out
    main(["data", "prepare", "rain12", "--src", str(root), "--out", str(tmp_path / "l"), "--lmdb"])
    assert call(tmp_path / "l") == 0
    assert fingerprint(pairs) in capsys.readouterr().out


def swap(root):
    (root / "test/lq").rename(root / "x")
    (root / "test/gt").rename(root / "test/lq")
    (root / "x").rename(root / "test/gt")


def swap_one(root):
    (root / "test/lq/3.png").rename(root / "x.png")
    (root / "test/gt/3.png").rename(root / "test/lq/3.png")
    (root / "x.png").rename(root / "test/gt/3.png")


def lose(root):
    (root / "test/lq/3.png").unlink()
    (root / "test/gt/3.png").unlink()


def to_jpeg(root):
    (root / "test/lq/3.png").unlink()
    save(root / "test/lq/3.jpg", scene(3)[0])


def repeat(root):
    for kind in ("lq", "gt"):
        shutil.copy(root / f"test/{kind}/3.png", root / f"test/{kind}/5.png")


def cut(root):
    file = root / "test/gt/3.png"
    file.write_bytes(file.read_bytes()[:-30])


def resize(root):
    save(root / "test/lq/3.png", scene(3)[0][1:])


FAULTS = {
    "swapped": (swap, "rainy and clean images are swapped: in 12 of 12 pairs"),
    "one swapped": (swap_one, "1 look as if rainy and clean image were swapped: 3"),
    "a pair missing": (lose, "there are 11 instead of 12"),
    "a partner missing": (lambda root: (root / "test/gt/3.png").unlink(), "no clean image"),
    "JPEG": (to_jpeg, "1 are JPEG files, but Rain12 is handed out as PNG"),
    "a pair twice": (repeat, "1 have the pixels of another one: 3 = 5"),
    "a file cut short": (cut, r"1 cannot be used: .*gt/3\.png is truncated"),
    "sizes that differ": (resize, r"3\.png is 64×47 pixels and its clean image"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told(rain12, capsys, name):
    root, _ = rain12
    fault, message = FAULTS[name]
    fault(root)
    assert call("rain12", root) == 2
    out, error = capsys.readouterr()
    assert re.search(f"test: wrong: .*{message}", out), out
    assert error.splitlines()[-1].endswith(".")
    assert "rain12 has problems" in error


def test_any_folder_is_looked_at(tmp_path, capsys):
    hand_out("canonical", tmp_path / "mine/train", 6)
    hand_out("canonical", tmp_path / "mine/test", 5, start=6)
    assert call(tmp_path / "mine") == 0
    out = capsys.readouterr().out
    assert "note: 1 clean images of test are in train too" in out
    assert out.count("fingerprint") == 3
    for number in range(3):
        save(tmp_path / f"photos/{number}.jpg", scene(number)[0])
    assert call(tmp_path / "photos") == 0
    save(tmp_path / "mine/test/lq/9.png", scene(9)[1])
    save(tmp_path / "mine/test/gt/9.png", scene(9)[0])
    assert call(tmp_path / "mine") == 2
    assert "the data has problems: 1 look" in capsys.readouterr().err


def test_names_that_are_neither_dataset_nor_folder(tmp_path, capsys):
    assert call(tmp_path / "gone") == 2
    assert "no folder of that name" in capsys.readouterr().err
    assert call("rain12", tmp_path, "--split", "train") == 2
    assert "rain12 has no such split" in capsys.readouterr().err
    assert call("rain12", tmp_path, "--workers", "0") == 2
    assert "give at least 1" in capsys.readouterr().err
    assert call("rain12", tmp_path) == 2
    assert "li_cvpr16_rain.zip; `restorekit data prepare rain12" in capsys.readouterr().err


def facts(count, size=(481, 321), twice=0, **more):
    digests = [f"{max(n, twice):064d}" for n in range(count)]
    pairs = [
        PairFacts(
            str(n),
            size=size,
            digest=d,
            lq_digest=d.encode(),
            gt_digest=d.encode(),
            evidence=0.5,
            **more,
        )
        for n, d in enumerate(digests)
    ]
    return SplitFacts("somewhere", tuple(pairs))


@pytest.mark.parametrize(
    ("seen", "problem", "note"),
    [
        (facts(100), None, None),
        (facts(100, (321, 481)), None, None),
        (facts(100, (480, 320)), None, "MSPFN"),
        (facts(100, (500, 300)), "100 are not 481×321 or 480×320: 0 is 500×300", None),
        (facts(98), "there are 98 instead of 100", None),
        (facts(100, twice=2), "2 have the pixels", None),
        (facts(100, formats=("JPEG", "PNG")), "100 are JPEG", None),
    ],
)
def test_expectations_of_the_catalog(seen, problem, note):
    verdict = verify.judge(seen, get_dataset("rain100h-old"), "test")
    assert len(verdict.problems) == (problem is not None)
    if problem:
        assert problem in verdict.problems[0]
    assert any(note in text for text in verdict.notes) if note else not verdict.notes


def test_the_known_duplicates_of_an_original_are_no_fault():
    rain800 = get_dataset("rain800")
    assert not verify.judge(facts(100, twice=3), rain800, "test").problems
    assert verify.judge(facts(100, twice=4), rain800, "test").problems


def test_a_known_fingerprint_of_other_data_is_told(monkeypatch):
    other = get_dataset("rain800")
    known = verify.Identity(other, other.fingerprints[0])
    monkeypatch.setattr(verify, "identify", lambda _: known)
    verdict = verify.judge(facts(100), get_dataset("rain100h-old"), "test")
    assert verdict.problems == ["this is rain800 train, not the test split of rain100h-old"]
    assert not verify.judge(facts(700), other, "train").problems


def test_a_little_chance_is_not_a_swap():
    pairs = [
        PairFacts(
            str(n),
            size=(9, 9),
            digest=str(n),
            lq_digest=str(n).encode(),
            gt_digest=str(n).encode(),
            evidence=e,
        )
        for n, e in enumerate([0.05] * 20 + [-0.05] * 24)
    ]
    verdict = verify.judge(SplitFacts("somewhere", tuple(pairs)))
    assert not verdict.problems
    assert not verdict.swapped


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "identity"),
    [
        (("rain800", "rain800"), "rain800 train"),
        (("rain100l_sample",), "not known"),
        (("rain200h_train_sample",), "not known"),
        (("real_rain",), "internet test"),
    ],
)
def test_real_data_is_found_sound(real_data, capsys, arguments, identity):
    *name, folder = arguments
    assert call(*name, real_data / folder) == 0
    out = capsys.readouterr().out
    assert identity in out
    assert "wrong" not in out


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["rain100l_sample", "rain200h_train_sample"])
def test_real_data_that_is_swapped_is_told(real_data, tmp_path, capsys, folder):
    from restorekit.datasets import open_pairs

    reader = open_pairs(real_data / folder)
    for index in range(len(reader)):
        lq, gt = reader.read(index)
        save(tmp_path / f"lq/{index}.png", np.ascontiguousarray(gt), compress_level=1)
        save(tmp_path / f"gt/{index}.png", np.ascontiguousarray(lq), compress_level=1)
    assert call(tmp_path) == 2
    assert "rainy and clean images are swapped" in capsys.readouterr().out
