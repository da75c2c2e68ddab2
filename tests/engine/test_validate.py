"""Misspelt names in a config are found before anything is built."""

import re

import pytest

from restorekit.engine.config import load_config
from restorekit.engine.runner import Runner
from restorekit.engine.validate import check_config
from restorekit.errors import ConfigError


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"model.network": {"type": "DCSFN", "chanels": 3}},
            r"model\.network\.chanels: .*'channels'",
        ),
        ({"model.loss.type": "SSIMLos"}, r"model\.loss\.type: .*Did you mean 'SSIMLoss'"),
        ({"train_dataloader.dataset.type": "PairedDatset"}, r"'PairedDataset'"),
        ({"train_dataloader.dataset.data_rot": "x"}, r"data_rot: .*'data_root'"),
        ({"train_dataloader.sampler.shufle": True}, r"'shuffle'"),
        ({"val_evaluator.protocol": ["rgb_u8"]}, r"'protocols'"),
        ({"custom_hooks": [{"type": "EMAHok"}]}, r"custom_hooks\[0\]\.type: .*'EMAHook'"),
        ({"optim_wrapper.optimizer.type": "Adm"}, r"'Adam'"),
        ({"optim_wrapper.optimizer.lrate": 1}, r"Adam takes no 'lrate'"),
        ({"optim_wrapper.optimiser": {}}, r"'optimizer'"),
        ({"train_dataloader.num_worker": 2}, r"'num_workers'"),
        ({"optim_wraper": {}}, r"should be 'optim_wrapper'"),
        ({"train_cfg.by_epoch": True}, r"both type='IterTrainLoop' and by_epoch=True"),
    ],
)
def test_misspelling_is_named_with_its_key(small_config, change, message):
    with pytest.raises(ConfigError, match=message):
        check_config(small_config("work", **change))


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"train_dataloader.num_workers": -1}, "train_dataloader.num_workers=-1"),
        ({"train_dataloader.total_batch_size": 0}, "train_dataloader.total_batch_size=0"),
        ({"train_dataloader.batch_size": 2}, "batch_size=2"),
        ({"test_dataloader.total_batch_size": 2}, "test_dataloader has total_batch_size=2"),
        ({"train_cfg.max_iters": 0}, "train_cfg.max_iters=0"),
        ({"train_cfg.max_iters": 1.5}, "train_cfg.max_iters=1.5"),
        ({"train_cfg.max_iters": "abc"}, "train_cfg.max_iters='abc'"),
        ({"train_cfg.val_interval": 0}, "train_cfg.val_interval=0"),
        ({"randomness.seed": -1}, "randomness.seed=-1"),
        ({"optim_wrapper.optimizer.lr": -1}, "optim_wrapper.optimizer: Adam"),
        ({"optim_wrapper.optimizer.betas": 3}, "optim_wrapper.optimizer: Adam"),
        ({"optim_wrapper.accumulative_counts": 0}, "optim_wrapper.accumulative_counts=0"),
        ({"param_scheduler": [{"type": "StepLR"}]}, "param_scheduler[0]: StepLR"),
        (
            {"param_scheduler": [{"type": "LinearLR", "begin": 8, "end": 2}]},
            "param_scheduler[0]: LinearLR",
        ),
        (
            {"model.network": {"type": "DCSFN", "num_scales": "x"}},
            "model.network: InnerScaleBlock",
        ),
        ({"model.loss": {"type": "CharbonnierLoss", "eps": "x"}}, "model.loss: CharbonnierLoss"),
        ({"custom_hooks": [{"type": "EMAHook", "begin_iter": -1}]}, "custom_hooks[0]: EMAHook"),
        ({"train_dataloader.collate_fn.type": "default_colate"}, "train_dataloader.collate_fn"),
    ],
)
def test_an_impossible_value_is_named_with_its_key(small_config, change, key):
    with pytest.raises(ConfigError) as caught:
        Runner.from_cfg(small_config("work", **change)).train()
    assert key in str(caught.value)
    assert "\n" not in str(caught.value)


def load_and_check(file, options):
    check_config(load_config(file, options))


@pytest.mark.parametrize(
    "options",
    [
        {"param_scheduler.5.gamma": 1},
        {"custom_hooks.x": 1},
        {"train_cfg.max_iters.a": 3},
    ],
)
def test_an_option_that_does_not_fit_is_named(small_config, tmp_path, options):
    file = tmp_path / "config.py"
    small_config("work").dump(str(file))
    with pytest.raises(ConfigError) as caught:
        load_and_check(file, options)
    assert next(iter(options)).split(".")[0] in str(caught.value)


def test_transforms_in_a_pipeline_are_checked(small_config):
    config = small_config("work")
    config.train_dataloader.dataset.pipeline[0] = {"type": "PairedRandomCrop", "patchsize": 8}
    with pytest.raises(ConfigError, match=r"pipeline\[0\]\.patchsize: .*'patch_size'"):
        check_config(config)


def test_good_config_passes(small_config):
    check_config(small_config("work"))


def test_a_missing_base_is_named_with_the_remedy(tmp_path):
    config = tmp_path / "mine.py"
    config.write_text('_base_ = "configs/_base_/models/dcsfn.py"\n')
    missing = tmp_path / "configs/_base_/models/dcsfn.py"
    with pytest.raises(ConfigError, match=f"{re.escape(str(missing))}, which is not there.*_base_"):
        load_config(config)
