"""Images of several sizes: refused before a training, tested in batches of one size each."""

import itertools

import numpy as np
import pytest

from restorekit.datasets import PairedDataset, ReproducibleSampler, SameSizeBatchSampler
from restorekit.engine.runner import Runner
from restorekit.errors import DataError

PACK = [{"type": "PackInputs"}]


@pytest.mark.parametrize("batch_size", [2, 3, 5, 100])
def test_batches_keep_the_order_and_hold_one_size_each(tmp_path, save, image, batch_size):
    shapes = [(20, 30)] * 4 + [(30, 20)] * 1 + [(20, 30)] * 3
    for number, shape in enumerate(shapes):
        for side in ("lq", "gt"):
            save(tmp_path / side / f"{number}.png", image(number, *shape))
    dataset = PairedDataset(tmp_path, pipeline=PACK)
    batches = SameSizeBatchSampler(ReproducibleSampler(dataset, seed=0, shuffle=False), batch_size)
    made = [[int(index) for index in batch] for batch in batches]
    expected = []
    for _, run in itertools.groupby(range(8), key=shapes.__getitem__):
        run = list(run)
        expected += [run[i : i + batch_size] for i in range(0, len(run), batch_size)]
    assert made == expected
    assert len(batches) == len(made)


@pytest.fixture
def other_size(tmp_path, save, image):
    """Return a function: one pair more, of another size, for a split of small_config."""

    def add(split):
        for side in ("lq", "gt"):
            save(tmp_path / f"data/{split}/{side}/900.png", image(1, 50, 20))

    return add


def test_a_training_without_a_crop_is_refused_before_its_first_step(
    small_config, other_size, tmp_path
):
    config = small_config("work", length=2)
    other_size("train")
    config.train_dataloader.dataset.pipeline = [{"type": "PairedFlip"}, *PACK]
    with pytest.raises(DataError, match="44×40 and 20×50"):
        Runner.from_cfg(config).train()
    assert not list(tmp_path.glob("work/*.pth"))
    config = small_config("one", length=2)
    config.train_dataloader.total_batch_size = 1
    config.train_dataloader.dataset.pipeline = PACK
    Runner.from_cfg(config).train()


def test_batches_of_a_validation_give_the_numbers_of_single_images(small_config, other_size):
    measured = []
    for batch_size in (1, 3):
        config = small_config(f"by{batch_size}", length=2)
        if batch_size == 1:
            other_size("test")
        config.val_dataloader.batch_size = batch_size
        runner = Runner.from_cfg(config)
        measured.append(runner.val())
        assert len(runner.val_dataloader) == (4 if batch_size == 1 else 2)
    assert measured[0].keys() == measured[1].keys()
    for key, value in measured[0].items():
        assert np.isclose(value, measured[1][key], atol=1e-5)
