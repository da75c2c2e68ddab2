"""The order of samples: a property of the run, not of the number of processes."""

import hashlib
import itertools
import pickle

import numpy as np
import pytest

import restorekit.datasets.loading.sampler as module
from restorekit.datasets import ReproducibleSampler, SampleIndex, sample_rng
from restorekit.registry import DATA_SAMPLERS


@pytest.fixture
def sampler_of(monkeypatch):
    """Build the sampler of one rank of several."""

    def build(size, rank=0, world_size=1, seed=3, **options):
        monkeypatch.setattr(module, "get_dist_info", lambda: (rank, world_size))
        config = {"type": "ReproducibleSampler", **options}
        default = {"dataset": range(size), "seed": seed}
        return DATA_SAMPLERS.build(config, default_args=default)

    return build


def drawn(samples):
    return [(int(s), s.draw, s.seed) for s in samples]


def merged(per_rank):
    """Deal the samples of all ranks back into one row."""
    return [s for step in zip(*per_rank, strict=True) for s in step]


@pytest.mark.parametrize("world_size", [2, 3])
@pytest.mark.parametrize("start", [0, 6, 60])
def test_infinite_sequence_is_the_same_on_several_processes(sampler_of, world_size, start):
    rows = []
    for rank in range(world_size):
        sampler = sampler_of(7, rank, world_size, infinite=True)
        sampler.start_at(start)
        rows.append(drawn(itertools.islice(sampler, 20)))
    alone = sampler_of(7, infinite=True)
    expected = drawn(itertools.islice(alone, start + 20 * world_size))[start:]
    assert merged(rows) == expected


def test_infinite_draws_count_up_and_each_pass_is_a_permutation(sampler_of):
    samples = drawn(itertools.islice(sampler_of(7, infinite=True), 28))
    assert [draw for _, draw, _ in samples] == list(range(28))
    passes = [[index for index, _, _ in samples[k : k + 7]] for k in range(0, 28, 7)]
    assert all(sorted(p) == list(range(7)) for p in passes)
    assert len(set(map(tuple, passes))) == 4


@pytest.mark.parametrize("infinite", [True, False])
def test_seeds_differ_and_repeat(sampler_of, infinite):
    def first(seed):
        return drawn(itertools.islice(sampler_of(50, seed=seed, infinite=infinite), 50))

    assert first(3) == first(3)
    assert [i for i, _, _ in first(3)] != [i for i, _, _ in first(4)]


@pytest.mark.parametrize(("size", "world_size"), [(7, 2), (7, 3), (8, 2), (1, 3), (5, 4)])
def test_epochs_are_padded_with_their_own_beginning(sampler_of, size, world_size):
    for epoch in (0, 1, 5):
        alone = sampler_of(size)
        alone.set_epoch(epoch)
        expected = drawn(alone)
        assert sorted(i for i, _, _ in expected) == list(range(size))
        assert [draw for _, draw, _ in expected] == [epoch * size + p for p in range(size)]
        rows = []
        for rank in range(world_size):
            sampler = sampler_of(size, rank, world_size)
            sampler.set_epoch(epoch)
            rows.append(drawn(sampler))
            assert len(rows[-1]) == len(sampler)
        together = merged(rows)
        padded = list(itertools.islice(itertools.cycle(expected), len(together)))
        assert together == padded
        assert len(together) < size + world_size


@pytest.mark.parametrize("world_size", [1, 2])
def test_starting_within_an_epoch_gives_its_rest_and_then_whole_epochs(sampler_of, world_size):
    for rank in range(world_size):
        sampler = sampler_of(9, rank, world_size)
        sampler.set_epoch(4)
        whole = drawn(sampler)
        sampler.set_epoch(4)
        sampler.start_at(4 * world_size)
        assert drawn(sampler) == whole[4:]
        assert len(sampler) == len(whole)
        assert drawn(sampler) == whole
        sampler.set_epoch(5)
        assert len(drawn(sampler)) == len(whole)


def test_infinite_is_the_epochs_in_a_row(sampler_of):
    epochs = sampler_of(6)
    row = []
    for epoch in range(3):
        epochs.set_epoch(epoch)
        row += drawn(epochs)
    assert row == drawn(itertools.islice(sampler_of(6, infinite=True), 18))


def test_a_start_that_the_processes_do_not_share_evenly_loses_nothing(sampler_of):
    alone = sampler_of(7, infinite=True)
    alone.start_at(5)
    expected = drawn(itertools.islice(alone, 8))
    rows = []
    for rank in range(2):
        sampler = sampler_of(7, rank, 2, infinite=True)
        sampler.start_at(5)
        rows.append(drawn(itertools.islice(sampler, 4)))
        assert all(draw % 2 == rank for _, draw, _ in rows[-1])
    assert sorted(merged(rows)) == sorted(expected)


def test_without_shuffling_the_order_is_the_dataset_s(sampler_of):
    assert [int(i) for i in sampler_of(5, shuffle=False)] == [0, 1, 2, 3, 4]


def test_a_seed_that_is_changed_later_counts(sampler_of):
    sampler = sampler_of(20, seed=3)
    sampler.seed = 9
    assert drawn(sampler) == drawn(sampler_of(20, seed=9))


def test_processes_agree_on_a_seed_if_none_is_given():
    sampler = ReproducibleSampler(range(3))
    assert isinstance(next(iter(sampler)).seed, int)


def test_an_index_survives_the_trip_to_a_worker():
    index = SampleIndex(4, draw=70, seed=2)
    copy = pickle.loads(pickle.dumps(index))
    assert (copy, copy.draw, copy.seed) == (4, 70, 2)
    assert type(copy) is SampleIndex
    assert list(range(9))[copy] == 4
    inner = copy.at(1)
    assert (inner, inner.draw, inner.seed) == (1, 70, 2)


def test_random_numbers_belong_to_seed_and_draw():
    def numbers(index):
        return sample_rng(index).integers(1 << 40, size=4).tolist()

    assert numbers(SampleIndex(1, 5, 0)) == numbers(SampleIndex(2, 5, 0))
    assert numbers(SampleIndex(1, 5, 0)) != numbers(SampleIndex(1, 6, 0))
    assert numbers(SampleIndex(1, 5, 0)) != numbers(SampleIndex(1, 5, 1))
    assert numbers(7) == np.random.default_rng(7).integers(1 << 40, size=4).tolist()


def test_the_generator_starts_from_the_hash_of_seed_and_draw():
    digest = hashlib.blake2b(b"3 500", digest_size=32).digest()
    words = np.frombuffer(digest, np.uint64).astype(object)
    # PCG64 (O'Neill 2014): a 128-bit generator whose stream is the second 128 bits.
    multiplier, mask = 0x2360ED051FC65DA44385DF649FCCF645, (1 << 128) - 1
    increment = (((words[2] << 64) + words[3]) << 1 | 1) & mask
    state = ((increment + (words[0] << 64) + words[1]) * multiplier + increment) & mask
    found = sample_rng(SampleIndex(1, 500, 3)).bit_generator.state["state"]
    assert (found["state"], found["inc"]) == (state, increment)


def test_the_generators_of_neighbouring_samples_are_unlike():
    drawn = np.array([sample_rng(SampleIndex(0, draw, 0)).random(4) for draw in range(2000)])
    assert np.abs(drawn.mean(axis=0) - 0.5).max() < 0.03
    both = np.hstack([drawn[:-1], drawn[1:]])
    correlation = np.corrcoef(both, rowvar=False)
    assert np.abs(correlation - np.eye(8)).max() < 0.1


def test_the_generator_can_be_copied_and_spawns_streams_of_its_own():
    rng = sample_rng(SampleIndex(1, 5, 0))
    copy = pickle.loads(pickle.dumps(rng))
    children = [*rng.spawn(2), *rng.spawn(1)]
    assert copy.random() == rng.random()
    first = {generator.random() for generator in [rng, *children]}
    assert len(first) == 4
    assert sample_rng(SampleIndex(1, 5, 0)).spawn(1)[0].random() in first
