"""Misspelt names in a config are found before anything is built."""

import pytest

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


def test_transforms_in_a_pipeline_are_checked(small_config):
    config = small_config("work")
    config.train_dataloader.dataset.pipeline[0] = {"type": "PairedRandomCrop", "patchsize": 8}
    with pytest.raises(ConfigError, match=r"pipeline\[0\]\.patchsize: .*'patch_size'"):
        check_config(config)


def test_good_config_passes(small_config):
    check_config(small_config("work"))
