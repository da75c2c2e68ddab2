from collections import Counter

import numpy as np
import pytest

from restorekit.datasets import (
    MixtureDataset,
    ReproducibleSampler,
    SampleIndex,
    SyntheticRainDataset,
    UnpairedDataset,
    open_images,
    open_pairs,
    sample_rng,
    write_lmdb,
)
from restorekit.datasets.preparation.dataset_pairs import DatasetPairs
from restorekit.errors import ConfigError, DataError, UnknownNameError
from restorekit.rain import LogNormal, RainRenderer, RainSpec, StreakLayer, rain_from_config

CROP = [{"type": "PairedRandomCrop", "patch_size": 16}]
LAYER = {"density": 20000, "direction": [-10, 10], "length": 9, "width": 2, "brightness": 0.7}
RAIN = {"layers": [LAYER], "blending": "screen"}


@pytest.fixture
def clean(tmp_path, save, image):
    pixels = {}
    for seed in range(4):
        pixels[str(seed)] = image(seed, 40, 50) // 2
        save(tmp_path / f"clean/{seed}.png", pixels[str(seed)])
    return tmp_path / "clean", pixels


def test_rain_is_the_renderer_s_with_the_sample_s_numbers(clean):
    root, pixels = clean
    dataset = SyntheticRainDataset(root, rain=RAIN)
    layer = StreakLayer(**{**LAYER, "direction": (-10, 10)})
    renderer = RainRenderer(RainSpec((layer,), blending="screen"))
    item = dataset[SampleIndex(2, draw=17, seed=4)]
    np.testing.assert_array_equal(item["gt"], pixels["2"])
    rng = sample_rng(SampleIndex(0, draw=17, seed=4))
    np.testing.assert_array_equal(item["lq"], renderer(pixels["2"], rng))
    assert (item["lq"] > item["gt"]).mean() > 0.01
    other = dataset[SampleIndex(2, draw=18, seed=4)]
    assert (other["lq"] != item["lq"]).any()
    np.testing.assert_array_equal(dataset[2]["lq"], dataset[2]["lq"])


def test_rain_after_the_crop_falls_on_the_patch(clean):
    root, pixels = clean
    dataset = SyntheticRainDataset(root, rain=RAIN, before_rain=CROP)
    item = dataset[SampleIndex(1, 3, 0)]
    rng = sample_rng(SampleIndex(0, 3, 0))
    top, left = rng.integers(25), rng.integers(35)
    gt = pixels["1"][top : top + 16, left : left + 16]
    np.testing.assert_array_equal(item["gt"], gt)
    assert item["lq"].shape == (16, 16, 3)
    with pytest.raises(DataError, match="PairedRandomCrop"):
        SyntheticRainDataset(root, before_rain=[{"type": "PairedRandomCrop", "patch_size": 41}])


def test_clean_images_of_an_lmdb_with_pairs(paired_root):
    root, pixels = paired_root
    write_lmdb(open_pairs(root, "train"), root / "train.lmdb")
    dataset = SyntheticRainDataset(root, "train", rain=RAIN)
    np.testing.assert_array_equal(dataset[3]["gt"], pixels["4"][1])


def test_descriptions_of_rain(clean):
    root, _ = clean
    spec = rain_from_config({**RAIN, "veil": {"median": 0.1, "sigma": 0.5, "high": 1.0}})
    assert spec.veil == LogNormal(0.1, 0.5, high=1.0)
    assert spec.layers[0].direction == (-10, 10)
    with pytest.raises(ConfigError, match=r"densty"):
        SyntheticRainDataset(root, rain={"layers": [{**LAYER, "densty": 3}]})
    with pytest.raises(ConfigError, match=r"layers"):
        SyntheticRainDataset(root, rain={"blending": "add"})
    with pytest.raises(UnknownNameError, match="rain100l"):
        SyntheticRainDataset(root, rain="rain100")


class _Numbers:
    """A dataset of a size, whose items say how they were asked for."""

    def __init__(self, size):
        self.names = [f"n{i}" for i in range(size)]

    def __len__(self):
        return len(self.names)

    def __getitem__(self, index):
        return {"name": self.names[index], "index": int(index), "asked": index}


@pytest.mark.parametrize(
    ("sizes", "weights", "counts"),
    [
        ((1800, 100), None, (1800, 1800)),
        ((18, 10), (3, 1), (30, 10)),
        ((7, 7), (0.7, 0.3), (17, 7)),
        ((7, 3, 1), (0.7, 0.3, 0.1), (7, 3, 1)),
    ],
)
def test_a_pass_has_every_sample_and_the_weights(sizes, weights, counts):
    mixture = MixtureDataset([_Numbers(size) for size in sizes], weights)
    assert len(mixture) == sum(counts)
    names = mixture.names
    assert len(set(names)) == len(names)
    for number, (size, count) in enumerate(zip(sizes, counts, strict=True)):
        own = Counter(n.partition("#")[0] for n in names if n.startswith(f"{number}/"))
        assert sum(own.values()) == count
        assert len(own) == size
        assert max(own.values()) - min(own.values()) <= 1


def test_a_mixture_hands_seed_and_draw_on():
    mixture = MixtureDataset([_Numbers(2), _Numbers(4)])
    item = mixture[SampleIndex(3, draw=70, seed=8)]
    assert (item["name"], item["index"]) == ("0/n1#2", 3)
    assert (item["asked"], item["asked"].draw, item["asked"].seed) == (1, 70, 8)
    assert mixture[6]["name"] == "1/n2"
    with pytest.raises(IndexError):
        mixture[8]


def test_mixing_is_written_in_a_config(clean, paired_root):
    root, _ = paired_root
    mixture = MixtureDataset(
        [
            {"type": "PairedDataset", "data_root": root, "split": "train", "pipeline": CROP},
            {
                "type": "SyntheticRainDataset",
                "data_root": clean[0],
                "rain": RAIN,
                "before_rain": CROP,
            },
        ],
        weights=[3, 1],
    )
    assert len(mixture) == 16
    items = [mixture[index] for index in ReproducibleSampler(mixture, seed=0)]
    assert {item["lq"].shape for item in items} == {(16, 16, 3)}
    assert sorted(item["name"] for item in items) == sorted(mixture.names)


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -2], []])
def test_weights_that_do_not_fit_are_refused(weights):
    with pytest.raises(ConfigError, match="positive weight"):
        MixtureDataset([_Numbers(1), _Numbers(1)], weights)


def test_what_datasets_make_can_be_written(clean, tmp_path, paired_root):
    root, pixels = clean
    rainy = SyntheticRainDataset(root, rain=RAIN, pipeline=CROP)
    mixture = MixtureDataset([rainy, UnpairedDataset(paired_root[0] / "train/lq")])
    write_lmdb(DatasetPairs(rainy, "rain"), tmp_path / "rain.lmdb", "encoded")
    reader = open_pairs(tmp_path / "rain.lmdb")
    np.testing.assert_array_equal(reader.read(2)[1], pixels["2"])
    expected = rainy.images(2, np.random.default_rng(2))["lq"]
    np.testing.assert_array_equal(reader.read(2)[0], expected)
    with pytest.raises(DataError, match="LMDBs of their own"):
        write_lmdb(DatasetPairs(mixture, "mix"), tmp_path / "mix.lmdb")
    photos = UnpairedDataset(paired_root[0] / "train/lq")
    write_lmdb(DatasetPairs(photos, "photos"), tmp_path / "photos.lmdb")
    assert open_images(tmp_path / "photos.lmdb").names == photos.names
