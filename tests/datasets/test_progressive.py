"""Batches that shrink and patches that grow: a property of the iteration and the order alone."""

import itertools
import pickle

import pytest
from torch.utils.data import DataLoader

import restorekit.datasets.loading.sampler as sampler_module
import restorekit.datasets.loading.sharing as sharing_module
from restorekit.datasets import (
    PairedDataset,
    ProgressiveBatchSampler,
    ReproducibleSampler,
    SampleIndex,
    collate_samples,
    require_patches,
)
from restorekit.errors import ConfigError

#: Iterations, images and patches of three stages; the last one goes on.
STAGES = [
    {"iters": 2, "total_batch_size": 6, "patch_size": 8},
    {"iters": 3, "total_batch_size": 4, "patch_size": 12},
    {"iters": 1, "total_batch_size": 2, "patch_size": 16},
]
#: Of each iteration.
TOTALS, PATCHES = [6, 6, 4, 4, 4, 2, 2, 2, 2], [8, 8, 12, 12, 12, 16, 16, 16, 16]


@pytest.fixture
def batches_of(monkeypatch):
    """Return the batches of one rank of several, as (index, draw, patch)."""

    def build(rank=0, world_size=1, iteration=0, count=9, stages=STAGES):
        monkeypatch.setattr(sampler_module, "get_dist_info", lambda: (rank, world_size))
        monkeypatch.setattr(sharing_module, "get_world_size", lambda: world_size)
        order = ReproducibleSampler(range(7), seed=3, infinite=True)
        sampler = ProgressiveBatchSampler(order, stages)
        order.start_at(sampler.samples_between(0, iteration))
        sampler.start_at(iteration)
        return [
            [(int(sample), sample.draw, sample.patch_size) for sample in batch]
            for batch in itertools.islice(sampler, count)
        ]

    return build


def test_the_iteration_decides_on_batch_and_patch(batches_of):
    batches = batches_of()
    assert [len(batch) for batch in batches] == TOTALS
    assert [{patch for *_, patch in batch} for batch in batches] == [{p} for p in PATCHES]
    # Nothing is loaded in vain.
    draws = [draw for batch in batches for _, draw, _ in batch]
    assert draws == list(range(sum(TOTALS)))


def test_two_processes_see_the_same_samples_in_every_step(batches_of):
    ranks = [batches_of(rank, 2) for rank in range(2)]
    for alone, *shares in zip(batches_of(), *ranks, strict=True):
        assert alone == [sample for pair in zip(*shares, strict=True) for sample in pair]


@pytest.mark.parametrize("iteration", [1, 2, 4, 5, 7])
@pytest.mark.parametrize("world_size", [1, 2])
def test_it_continues_within_any_stage(batches_of, iteration, world_size):
    for rank in range(world_size):
        rest = batches_of(rank, world_size, iteration, count=9 - iteration)
        assert rest == batches_of(rank, world_size)[iteration:]


def test_samples_between_are_those_of_the_iterations():
    sampler = ProgressiveBatchSampler(ReproducibleSampler(range(7), infinite=True), STAGES)
    for first, last in itertools.combinations_with_replacement(range(10), 2):
        assert sampler.samples_between(first, last) == sum(TOTALS[first:last])


def test_restormers_stages():
    iters = (92000, 64000, 48000, 36000, 36000, 24000)
    patches = (128, 160, 192, 256, 320, 384)
    of_gpu = (8, 5, 4, 2, 1, 1)
    stages = [
        {"iters": i, "total_batch_size": 8 * b, "patch_size": p}
        for i, b, p in zip(iters, of_gpu, patches, strict=True)
    ]
    sampler = ProgressiveBatchSampler(ReproducibleSampler(range(7), infinite=True), stages)
    # The released loop counts from 1 and changes after an iteration that is a sum of the first.
    for number in (1, 91999, 92000, 92001, 156000, 156001, 204001, 240001, 276000, 276001, 300000):
        place = next(k for k in range(6) if number <= sum(iters[: k + 1]))
        stage = sampler.stage_at(number - 1)
        assert (stage.total_batch_size, stage.patch_size) == (8 * of_gpu[place], patches[place])


def test_an_index_keeps_its_patch():
    index = SampleIndex(4, draw=70, seed=2).with_patch(24)
    assert (int(index), index.draw, index.seed, index.patch_size) == (4, 70, 2, 24)
    assert pickle.loads(pickle.dumps(index)).patch_size == 24
    assert index.at(1).patch_size == 24


@pytest.mark.parametrize("num_workers", [0, 2])
def test_patches_of_a_loader(pair_folder, tmp_path, num_workers):
    pair_folder(tmp_path / "train", count=7, size=(18, 20))
    pipeline = [{"type": "PairedRandomCrop", "patch_size": 16}, {"type": "PackInputs"}]
    dataset = PairedDataset(tmp_path, "train", pipeline)
    order = ReproducibleSampler(dataset, seed=3, infinite=True)
    loader = DataLoader(
        dataset,
        batch_sampler=ProgressiveBatchSampler(order, STAGES),
        num_workers=num_workers,
        collate_fn=collate_samples,
    )
    require_patches(loader)
    shapes = [tuple(batch["lq"].shape) for batch in itertools.islice(loader, 9)]
    assert shapes == [(n, 3, p, p) for n, p in zip(TOTALS, PATCHES, strict=True)]


@pytest.mark.parametrize(
    ("pipeline", "message"),
    [
        ([{"type": "PackInputs"}], "lacks.*patch_size=16"),
        ([{"type": "PairedRandomCrop", "patch_size": 8}, {"type": "PackInputs"}], "largest.* 16"),
    ],
)
def test_pipelines_must_cut_the_patches(pair_folder, tmp_path, pipeline, message):
    pair_folder(tmp_path / "train", count=2, size=(18, 20))
    dataset = PairedDataset(tmp_path, "train", pipeline)
    batches = ProgressiveBatchSampler(ReproducibleSampler(dataset, infinite=True), STAGES)
    with pytest.raises(ConfigError, match=message):
        require_patches(DataLoader(dataset, batch_sampler=batches))


def test_stages_that_cannot_be_used_are_refused(batches_of):
    with pytest.raises(ConfigError, match="stages is empty"):
        batches_of(stages=[])
    with pytest.raises(ConfigError, match=r"stages\[1\] has iters, patch_size"):
        batches_of(stages=[STAGES[0], {"iters": 1, "patch_size": 8}])
    with pytest.raises(ConfigError, match=r"stages\[1\]\.total_batch_size=4 .* 3 processes"):
        batches_of(world_size=3)
    with pytest.raises(ConfigError, match="total_batch_size=None"):
        ProgressiveBatchSampler(ReproducibleSampler(range(7)), STAGES, batch_size=4)
