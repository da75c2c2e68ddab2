"""What a training sees: the same samples whatever the workers, the start and the storage."""

import itertools
import multiprocessing
import pickle

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from restorekit.datasets import (
    PairedDataset,
    ReproducibleSampler,
    SampleIndex,
    UnpairedDataset,
    open_pairs,
    write_lmdb,
)
from restorekit.registry import DATASETS

TRAIN = [
    {"type": "PairedRandomCrop", "patch_size": 16},
    {"type": "PairedFlip"},
    {"type": "PairedRotate90"},
    {"type": "PackInputs"},
]


@pytest.fixture
def roots(paired_root):
    """The same pairs as folders, a raw and an encoded LMDB."""
    root, _ = paired_root
    for encoding in ("raw", "encoded"):
        write_lmdb(open_pairs(root / "train"), root / f"{encoding}.lmdb", encoding)
    return [root / "train", root / "raw.lmdb", root / "encoded.lmdb"]


def batches(dataset, workers=0, context=None, start=0, count=8):
    sampler = ReproducibleSampler(dataset, seed=5, infinite=True)
    sampler.start_at(start * 3)
    loader = DataLoader(
        dataset, 3, sampler=sampler, num_workers=workers, multiprocessing_context=context
    )
    return list(itertools.islice(loader, count))


def assert_equal(first, second):
    assert len(first) == len(second)
    for have, want in zip(first, second, strict=True):
        assert have["name"] == want["name"]
        for key in ("lq", "gt", "index"):
            assert torch.equal(have[key], want[key])


def test_items_are_what_the_toolbox_expects(paired_root):
    root, pixels = paired_root
    dataset = PairedDataset(root, "train", [{"type": "PackInputs"}], metainfo={"name": "mine"})
    item = dataset[2]
    assert set(item) == {"lq", "gt", "name", "index"}
    assert (item["name"], item["index"], type(item["index"])) == ("3", 2, int)
    assert item["lq"].dtype == torch.uint8
    for key, want in zip(("lq", "gt"), pixels["3"], strict=True):
        np.testing.assert_array_equal(item[key].permute(1, 2, 0).numpy(), want)
    assert dataset.metainfo["num_images"] == 12
    assert dataset.metainfo["name"] == "mine"


def test_crops_are_the_same_window_of_both(paired_root):
    root, pixels = paired_root
    dataset = PairedDataset(root, "train", TRAIN[:1])
    for draw in range(20):
        item = dataset[SampleIndex(draw % 12, draw, 1)]
        lq, gt = pixels[item["name"]]
        windows = np.lib.stride_tricks.sliding_window_view(lq, (16, 16, 3))[:, :, 0]
        top, left = np.argwhere((windows == item["lq"]).all(axis=(2, 3, 4)))[0]
        np.testing.assert_array_equal(item["gt"], gt[top : top + 16, left : left + 16])


def test_storage_does_not_change_a_sample(roots):
    expected = batches(PairedDataset(roots[0], pipeline=TRAIN))
    assert len({b["lq"].numpy().tobytes() for b in expected}) == len(expected)
    for root in roots[1:]:
        assert_equal(batches(PairedDataset(root, pipeline=TRAIN)), expected)


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_workers_do_not_change_a_sample_even_after_the_parent_has_read(roots, kind):
    dataset = PairedDataset(roots[kind], pipeline=TRAIN)
    alone = batches(dataset)
    assert_equal(batches(dataset, workers=2, context="fork"), alone)


def test_a_start_in_the_middle_gives_the_rest(roots):
    dataset = PairedDataset(roots[1], pipeline=TRAIN)
    assert_equal(batches(dataset, start=5, count=3), batches(dataset)[5:])


@pytest.mark.slow
def test_spawned_workers_open_the_lmdb_themselves(roots):
    dataset = PairedDataset(roots[1], pipeline=TRAIN)
    alone = batches(dataset, count=2)
    assert_equal(batches(dataset, workers=1, context="spawn", count=2), alone)


def _pixels_in_child(dataset, index, queue):
    queue.put(dataset[index]["lq"].copy())


def test_a_forked_process_reads_while_the_parent_looks_at_the_same_file(roots):
    dataset = PairedDataset(roots[1])
    view = dataset[0]["lq"]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    process = context.Process(target=_pixels_in_child, args=(dataset, 0, queue))
    process.start()
    found = queue.get(timeout=60)
    process.join()
    np.testing.assert_array_equal(found, view)
    assert process.exitcode == 0


def test_a_dataset_that_has_read_pickles_small(roots):
    dataset = PairedDataset(roots[1], pipeline=TRAIN)
    first = dataset[3]
    data = pickle.dumps(dataset)
    assert len(data) < 10_000
    assert torch.equal(pickle.loads(data)[3]["lq"], first["lq"])


def test_photographs(tmp_path, save, image):
    save(tmp_path / "real/2.png", image(2))
    save(tmp_path / "real/10.png", image(10))
    config = {"type": "UnpairedDataset", "data_root": tmp_path, "split": "real", "pipeline": TRAIN}
    dataset = DATASETS.build(config)
    assert isinstance(dataset, UnpairedDataset)
    assert dataset.names == ["2", "10"]
    assert set(dataset[0]) == {"lq", "name", "index"}
    batch = next(iter(DataLoader(dataset, 2)))
    assert batch["lq"].shape == (2, 3, 16, 16)
