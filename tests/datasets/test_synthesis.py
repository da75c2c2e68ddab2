"""Pairs of rendered rain on disk: the same on any number of processes, and resumable."""

import json

import numpy as np
import PIL.Image
import pytest

from restorekit.datasets import open_pairs, write_lmdb
from restorekit.datasets.preparation.synthesis import synthesize_pairs, variant_rng
from restorekit.errors import ConfigError, DataError
from restorekit.rain import RainRenderer, RainSpec, StreakLayer

RENDERER = RainRenderer(
    RainSpec((StreakLayer(density=9000, direction=(-20, 20), length=9, width=2, brightness=0.7),))
)


@pytest.fixture
def clean(tmp_path, save, image):
    pixels = {}
    for number in range(5):
        name = f"sub/{number}" if number == 3 else str(number)
        pixels[name] = image(number, 30 + number, 40)
        save(tmp_path / f"clean/{name}.png", pixels[name])
    return tmp_path / "clean", pixels


def files_of(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_pairs_are_the_renderer_s(clean, tmp_path):
    root, pixels = clean
    made = synthesize_pairs(root, tmp_path / "out", RENDERER, seed=3, workers=1)
    assert made == (5, 0, "same")
    pairs = open_pairs(tmp_path / "out")
    assert set(pairs.names) == set(pixels)
    for index, name in enumerate(pairs.names):
        rainy, back = pairs.read(index)
        np.testing.assert_array_equal(back, pixels[name])
        np.testing.assert_array_equal(rainy, RENDERER(pixels[name], variant_rng(3, name, 0)))
        assert (rainy != back).any()


def test_workers_and_other_images_change_nothing(clean, tmp_path):
    root, _ = clean
    for workers in (1, 3):
        synthesize_pairs(root, tmp_path / str(workers), RENDERER, variants=2, workers=workers)
    alone = files_of(tmp_path / "1")
    assert files_of(tmp_path / "3") == alone
    assert len(alone) == 16  # 5 clean, 10 rainy, the settings
    (root / "0.png").unlink()
    synthesize_pairs(root, tmp_path / "fewer", RENDERER, variants=2, workers=1)
    fewer = files_of(tmp_path / "fewer")
    assert fewer == {name: data for name, data in alone.items() if name in fewer}
    assert len(fewer) == 13


def test_variants_differ_and_share_their_clean_image(clean, tmp_path):
    root, pixels = clean
    made = synthesize_pairs(root, tmp_path / "out", RENDERER, variants=3, workers=1)
    assert made == (15, 0, "prefix")
    pairs = open_pairs(tmp_path / "out", pairing=made.pairing)
    assert len(pairs) == 15
    first, second = pairs.names.index("sub/3_1"), pairs.names.index("sub/3_2")
    assert (pairs.read(first)[0] != pairs.read(second)[0]).any()
    np.testing.assert_array_equal(pairs.read(second)[1], pixels["sub/3"])


def test_seed_name_and_variant_each_give_other_rain():
    keys = [(s, n, v) for s in (0, 1) for n in ("1", "2", "a/1") for v in (0, 1)]
    assert len({variant_rng(*key).random() for key in keys}) == len(keys)


def test_the_same_call_writes_only_what_is_missing(clean, tmp_path):
    root, _ = clean
    out = tmp_path / "out"
    synthesize_pairs(root, out, RENDERER, variants=2, workers=1)
    whole = files_of(out)
    (out / "lq/4_2.png").unlink()
    (out / "gt/1.png").unlink()
    kept = dict.fromkeys(("lq/0_1.png", "lq/4_1.png", "gt/4.png"), b"kept as it is")
    for name, data in kept.items():
        (out / name).write_bytes(data)
    made = synthesize_pairs(root, out, RENDERER, variants=2, workers=1)
    assert made == (10, 3, "prefix")
    assert files_of(out) == {**whole, **kept}
    made = synthesize_pairs(root, out, RENDERER, variants=2, workers=1)
    assert made.num_found == 5


@pytest.mark.parametrize("workers", [1, 2])
def test_a_stop_in_between_leaves_whole_files(clean, tmp_path, workers):
    root, _ = clean
    out = tmp_path / "out"
    (root / "2.png").write_bytes((root / "2.png").read_bytes()[:-30])
    with pytest.raises(DataError, match=r"2\.png"):
        synthesize_pairs(root, out, RENDERER, workers=workers)
    made = synthesize_pairs(root, out, RENDERER, workers=workers, skip_broken=True)
    assert made.num_pairs == 4
    for path in out.rglob("*.png"):
        PIL.Image.open(path).load()


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"variants": 2}, "variants"),
        ({"renderer": RainRenderer("rain100h")}, "rain"),
    ],
)
def test_a_folder_with_other_rain_is_refused(clean, tmp_path, changes, named):
    root, _ = clean
    out = tmp_path / "out"
    synthesize_pairs(root, out, RENDERER, workers=1)
    arguments = {"renderer": RENDERER, "workers": 1, **changes}
    with pytest.raises(DataError, match=f"another {named} "):
        synthesize_pairs(root, out, **arguments)
    assert json.loads((out / "synthesis.json").read_text())["seed"] == 0
    (out / "synthesis.json").write_text("{")
    with pytest.raises(DataError, match="damaged"):
        synthesize_pairs(root, out, RENDERER, workers=1)


def test_what_cannot_be_done_is_refused(clean, tmp_path, save, image):
    root, _ = clean
    for out in (root, root / "rain"):
        with pytest.raises(DataError, match="lies in"):
            synthesize_pairs(root, out, RENDERER)
    for wrong in ({"variants": 0}, {"seed": -1}, {"workers": 0}):
        with pytest.raises(ConfigError, match=f"{next(iter(wrong))} is "):
            synthesize_pairs(root, tmp_path / "out", RENDERER, **wrong)
    (tmp_path / "mine/gt").mkdir(parents=True)
    with pytest.raises(DataError, match="has a folder gt"):
        synthesize_pairs(root, tmp_path / "mine", RENDERER)
    save(root / "1_2.png", image(9))
    with pytest.raises(DataError, match=r"rainy image 1_2 of 1 .* with 1_2"):
        synthesize_pairs(root, tmp_path / "out", RENDERER, variants=2)
    assert not (tmp_path / "out").exists()


def test_the_clean_images_of_an_lmdb(paired_root, tmp_path):
    root, pixels = paired_root
    write_lmdb(open_pairs(root, "train"), tmp_path / "train.lmdb")
    synthesize_pairs(tmp_path / "train.lmdb", tmp_path / "out", RENDERER, workers=2)
    pairs = open_pairs(tmp_path / "out")
    np.testing.assert_array_equal(pairs.read(4)[1], pixels[pairs.names[4]][1])
