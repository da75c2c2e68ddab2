"""A batch that is made in one call is what the samples one by one would have become."""

import multiprocessing
import pickle

import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate, pseudo_collate
from torch.utils.data import DataLoader, Subset
from torch.utils.data import default_collate as torch_default_collate

from restorekit.datasets import (
    MixtureDataset,
    PairedDataset,
    ReproducibleSampler,
    SampleBatch,
    SampleIndex,
    UnpairedDataset,
    collate_samples,
    open_pairs,
    write_lmdb,
)
from restorekit.datasets.loading import batches
from restorekit.engine import Runner
from restorekit.registry import TRANSFORMS
from restorekit.transforms import PackInputs

CROP = {"type": "PairedRandomCrop", "patch_size": 16}
PACK = {"type": "PackInputs"}
PIPELINES = {
    "crop": [CROP, PACK],
    "flips and turns": [
        CROP,
        {"type": "PairedFlip", "horizontal": 0.5, "vertical": 0.5},
        {"type": "PairedRotate90"},
        PACK,
    ],
    "released DCSFN": [{"type": "DCSFNAugment", "patch_size": 16}, PACK],
}
INDICES = [SampleIndex(k * 5 % 12, draw=100 + k, seed=3) for k in range(40)]


@pytest.fixture(params=["raw", "encoded", "folders"])
def stored(request, paired_root):
    """The same pairs in each form in which they can lie on disk."""
    root, _ = paired_root
    if request.param == "folders":
        return root / "train"
    write_lmdb(open_pairs(root, "train"), root / "packed", request.param)
    return root / "packed"


@pytest.fixture
def raw(paired_root):
    root, _ = paired_root
    write_lmdb(open_pairs(root, "train"), root / "raw")
    return root / "raw"


def assert_same(have, want):
    assert type(have) is type(want) is dict
    assert list(have) == list(want)
    for key, value in want.items():
        if isinstance(value, torch.Tensor):
            assert have[key].dtype == value.dtype
            assert have[key].is_contiguous()
            assert torch.equal(have[key], value)
        else:
            assert have[key] == value


@pytest.mark.parametrize("pipeline", PIPELINES.values(), ids=PIPELINES)
def test_a_batch_equals_its_samples_put_together(stored, pipeline):
    dataset = PairedDataset(stored, pipeline=pipeline)
    together = dataset.__getitems__(INDICES)
    assert isinstance(together, SampleBatch)
    assert_same(collate_samples(together), default_collate([dataset[i] for i in INDICES]))


@pytest.mark.parametrize("collate", [default_collate, torch_default_collate])
def test_other_collate_functions_take_a_batch_for_a_list(raw, collate):
    dataset = PairedDataset(raw, pipeline=PIPELINES["crop"])
    alone = [dataset[i] for i in INDICES]
    assert_same(collate(dataset.__getitems__(INDICES)), collate(alone))
    lists = pseudo_collate(dataset.__getitems__(INDICES))
    assert lists["index"] == [int(i) for i in INDICES]
    assert all(map(torch.equal, lists["gt"], [sample["gt"] for sample in alone]))
    batch = dataset.__getitems__(INDICES)
    assert len(batch) == len(batch[:]) == 40
    assert [sample["name"] for sample in batch[2:4]] == [batch[2]["name"], batch[-37]["name"]]
    assert type(batch[0]["index"]) is int


def test_a_mixture_and_a_subset_batch_too(raw, paired_root):
    roots = (raw, paired_root[0] / "train")
    parts = [PairedDataset(root, pipeline=PIPELINES["crop"]) for root in roots]
    mixture = MixtureDataset(parts, weights=[2, 1])
    indices = [SampleIndex(k * 7 % len(mixture), draw=k, seed=0) for k in range(36)]
    together = mixture.__getitems__(indices)
    assert isinstance(together, SampleBatch)
    assert_same(collate_samples(together), default_collate([mixture[i] for i in indices]))
    nested = MixtureDataset([mixture, parts[0]])
    assert isinstance(nested.__getitems__([0, 50, 3]), SampleBatch)
    subset = Subset(parts[0], [3, 5, 8])
    assert collate_samples(subset.__getitems__([2, 0]))["name"] == ["9", "4"]


def test_photographs_have_no_clean_image_in_a_batch(raw):
    photos = UnpairedDataset(raw, pipeline=PIPELINES["crop"])
    whole = collate_samples(photos.__getitems__([0, 3]))
    assert_same(whole, default_collate([photos[0], photos[3]]))
    assert "gt" not in whole


class _Extended(PairedDataset):
    def __getitem__(self, index):
        return {**super().__getitem__(index), "more": torch.ones(2)}


def _to_float(results):
    return {**results, "lq": results["lq"] / np.float32(255)}


def _second_without_gt(results):
    return {**results, "gt": None} if results["index"] == 2 else results


@pytest.mark.parametrize(
    ("dataset", "pipeline"),
    [
        (_Extended, PIPELINES["crop"]),
        (PairedDataset, [CROP, _to_float, PACK]),
        (PairedDataset, [CROP, PACK, lambda sample: {**sample, "more": 1}]),
        (PairedDataset, [CROP, type("Mine", (PackInputs,), {})()]),
    ],
    ids=["own dataset", "floats", "a step after packing", "own packing"],
)
def test_what_does_not_fit_goes_the_ordinary_way(raw, dataset, pipeline):
    samples = dataset(raw, pipeline=pipeline)
    together = samples.__getitems__(INDICES)
    have, want = collate_samples(together), default_collate([samples[i] for i in INDICES])
    assert list(have) == list(want)
    assert all(torch.equal(have[key], want[key]) for key in have if key != "name")


@pytest.mark.parametrize(
    "pipeline", [[PACK], [CROP, _second_without_gt, PACK]], ids=["sizes", "gt"]
)
def test_samples_that_are_unlike_stay_apart(raw, pipeline):
    samples = PairedDataset(raw, pipeline=pipeline)
    # Even numbers have another size, so that the fourth does not fit.
    indices = [0, 4, 6, 1, 2, 8]
    together = samples.__getitems__(indices)
    assert len(together) == 6
    for have, index in zip(together, indices, strict=True):
        want = samples[index]
        assert sorted(have) == sorted(want)
        assert have["index"] == index
        assert torch.equal(have["lq"], want["lq"])
        assert ("gt" in have) == ("gt" in want)
    assert len(samples.__getitems__([])) == 0


def _batches_of(dataset, number=6, **options):
    sampler = ReproducibleSampler(dataset, seed=5, infinite=True)
    loader = DataLoader(
        dataset, batch_size=4, sampler=sampler, collate_fn=collate_samples, **options
    )
    found = [batch for _, batch in zip(range(number), loader, strict=False)]
    return [{k: v.clone() if hasattr(v, "clone") else v for k, v in b.items()} for b in found]


@pytest.mark.parametrize("message_bytes", [0, 1 << 30], ids=["shared memory", "message"])
@pytest.mark.parametrize("workers", [1, 3])
def test_batches_arrive_from_workers_as_they_are_made_here(
    raw, monkeypatch, workers, message_bytes
):
    dataset = PairedDataset(raw, pipeline=PIPELINES["flips and turns"])
    expected = _batches_of(dataset)
    monkeypatch.setattr(batches, "_MESSAGE_BYTES", message_bytes)
    for have, want in zip(_batches_of(dataset, num_workers=workers), expected, strict=True):
        assert_same(have, want)
        have["lq"].zero_()


def _assert_workers_read_the_same(root, method, workers):
    expected = _batches_of(PairedDataset(root, pipeline=PIPELINES["crop"]), 20)
    dataset = PairedDataset(root, pipeline=PIPELINES["crop"])
    # The workers inherit an open LMDB of which a little is known, or get one that was pickled.
    before = dataset[3]
    options = {"num_workers": workers, "multiprocessing_context": method}
    for have, want in zip(_batches_of(dataset, 20, **options), expected, strict=True):
        assert_same(have, want)
    assert torch.equal(dataset[3]["lq"], before["lq"])


def test_sixteen_forked_workers_read_what_one_process_reads(stored):
    _assert_workers_read_the_same(stored, "fork", 16)


def test_spawned_workers_read_what_one_process_reads(raw):
    _assert_workers_read_the_same(raw, "spawn", 2)


def _sum(dataset, connection):
    totals = [int(dataset[k % 12]["lq"].long().sum()) for k in range(200)]
    connection.send(totals)


def _assert_two_processes_read_the_same(root, method):
    dataset = PairedDataset(root, pipeline=PIPELINES["crop"])
    expected = [int(dataset[k % 12]["lq"].long().sum()) for k in range(200)]
    context = multiprocessing.get_context(method)
    pipes = [context.Pipe() for _ in range(2)]
    readers = [context.Process(target=_sum, args=(dataset, pipe[1])) for pipe in pipes]
    for reader in readers:
        reader.start()
    assert [pipe[0].recv() for pipe in pipes] == [expected, expected]
    for reader in readers:
        reader.join()
        assert reader.exitcode == 0


def test_two_forked_processes_share_the_file(stored):
    _assert_two_processes_read_the_same(stored, "fork")


def test_two_spawned_processes_share_the_file(raw):
    _assert_two_processes_read_the_same(raw, "spawn")


def test_threads_read_new_images_at_the_same_time(paired_root, raw):
    from concurrent.futures import ThreadPoolExecutor

    _, pixels = paired_root
    for _ in range(20):
        reader = open_pairs(raw)
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(reader.read, [k % 12 for k in range(96)]))
        for place, (lq, gt) in enumerate(found):
            want = pixels[reader.names[place % 12]]
            np.testing.assert_array_equal(lq, want[0])
            np.testing.assert_array_equal(gt, want[1])


def test_views_lie_within_the_memory_that_they_are_made_of(raw):
    reader = open_pairs(raw)
    file = reader._pixels._values.file._bytes
    for index in [7, 3, 11, 0, 5, 7]:
        for image in reader.read(index):
            assert np.shares_memory(image, file)
            assert file.ctypes.data <= image.ctypes.data
            assert image.ctypes.data + image.nbytes <= file.ctypes.data + file.nbytes


def test_a_pickled_dataset_reads_anew(raw):
    dataset = PairedDataset(raw, pipeline=PIPELINES["crop"])
    before = dataset[SampleIndex(3, 1, 0)]
    copy = pickle.loads(pickle.dumps(dataset))
    assert torch.equal(copy[SampleIndex(3, 1, 0)]["gt"], before["gt"])


def test_a_data_loader_of_the_runner_takes_whole_batches(raw):
    config = {
        "batch_size": 3,
        "num_workers": 0,
        "sampler": {"type": "restorekit.ReproducibleSampler"},
        "collate_fn": {"type": "collate_samples"},
        "dataset": PairedDataset(raw, pipeline=PIPELINES["crop"]),
    }
    loader = Runner.build_dataloader(config, seed=1)
    assert loader.collate_fn.func is collate_samples
    first = next(iter(loader))
    indices = [i for _, i in zip(range(3), loader.sampler, strict=False)]
    assert_same(first, default_collate([loader.dataset[i] for i in indices]))
    # What the config names is used, and nothing in its place.
    named = {**config, "collate_fn": {"type": "default_collate"}}
    assert Runner.build_dataloader(named, seed=1).collate_fn.func is default_collate
    other = Runner.build_dataloader({**config, "collate_fn": {"type": "pseudo_collate"}}, seed=1)
    assert [sample.shape for sample in next(iter(other))["lq"]] == [(3, 16, 16)] * 3


VIEWS = {
    "whole": lambda image: image,
    "crop": lambda image: image[3:19, 5:26],
    "mirrored": lambda image: image[3:19, 20:5:-1],
    "upside down": lambda image: image[19:3:-1, 5:20],
    "turned": lambda image: np.rot90(image[2:20, 4:19]),
    "turned back": lambda image: np.rot90(image[2:20, 4:19], 3),
    "transposed": lambda image: image[2:20, 4:19].transpose(1, 0, 2),
    "colours swapped": lambda image: image[2:20, 4:19, ::-1],
    "every second": lambda image: image[2:20:2, 4:19:3],
    "one row": lambda image: image[7:8],
    "one column": lambda image: image[:, 9:10],
    "one pixel": lambda image: image[4:5, 9:10],
    "repeated": lambda image: np.broadcast_to(image[4:5, 9:10], (6, 5, 3)),
}


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_packing_copies_every_kind_of_view(view, image):
    pixels = view(image(1))
    pixels.flags.writeable = False
    packed = TRANSFORMS.build(PACK)({"lq": pixels, "name": "a", "index": 0})["lq"]
    assert packed.is_contiguous()
    np.testing.assert_array_equal(packed.numpy(), pixels.transpose(2, 0, 1))
    room = np.zeros((2, 3, *pixels.shape[:2]), np.uint8)
    batches.copy_planes(pixels, room[1])
    np.testing.assert_array_equal(room[1], pixels.transpose(2, 0, 1))
    assert not room[0].any()
