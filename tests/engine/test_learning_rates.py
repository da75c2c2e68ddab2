"""Learning rates scaled by the batch, and weight decay for some parameters only."""

import pytest
import torch
from mmengine.config import ConfigDict
from mmengine.optim import build_optim_wrapper
from small_networks import SMALL_NETWORKS

from restorekit.checkpoints.io import load_file
from restorekit.engine.config import use_auto_scale_lr
from restorekit.engine.runner import Runner
from restorekit.errors import ConfigError
from restorekit.registry import MODELS

STAGES = [
    {"iters": 2, "total_batch_size": 6, "patch_size": 8},
    {"iters": 2, "total_batch_size": 2, "patch_size": 16},
]


def test_the_rate_follows_the_batch_and_the_checkpoint_says_so(small_config, train):
    recipe = small_config("recipe")
    config = small_config("work", length=2, **{"train_dataloader.total_batch_size": 6})
    use_auto_scale_lr(config, recipe)
    runner = train(config)
    # 1e-2 for two images, and a cosine from there.
    assert runner.optim_wrapper.param_groups[0]["initial_lr"] == pytest.approx(3e-2)
    info = load_file(f"{runner.work_dir}/iter_2.pth")["message_hub"]["runtime_info"]
    assert info["auto_scale_lr"] == {"base_batch_size": 2, "batch_size": 6, "lr": [3e-2]}
    # The weights are those of a training with that rate.
    config = small_config("direct", length=2, **{"train_dataloader.total_batch_size": 6})
    config.optim_wrapper.optimizer.lr = 3e-2
    for one, two in zip(runner.model.parameters(), train(config).model.parameters(), strict=True):
        torch.testing.assert_close(one, two)


def test_accumulated_gradients_and_the_first_stage_count(small_config):
    recipe = small_config("recipe")
    recipe.train_dataloader.total_batch_size = None
    recipe.train_dataloader.batch_sampler = {"type": "ProgressiveBatchSampler", "stages": STAGES}
    config = small_config("work", length=2)
    config.optim_wrapper.accumulative_counts = 2
    use_auto_scale_lr(config, recipe)
    assert config.auto_scale_lr.base_batch_size == 6
    runner = Runner.from_cfg(config)
    runner.train()
    assert runner.optim_wrapper.param_groups[0]["initial_lr"] == pytest.approx(1e-2 * 4 / 6)


def test_a_base_in_the_config_comes_first_and_one_is_needed(small_config):
    recipe, config = small_config("a"), small_config("b", auto_scale_lr={"base_batch_size": 8})
    use_auto_scale_lr(config, recipe)
    assert config.auto_scale_lr == {"base_batch_size": 8, "enable": True}
    recipe.train_dataloader.total_batch_size = None
    with pytest.raises(ConfigError, match="auto_scale_lr=dict"):
        use_auto_scale_lr(small_config("c"), recipe)


def test_nothing_is_scaled_unless_asked_for(small_config, train):
    runner = train(small_config("work", length=2, auto_scale_lr={"base_batch_size": 8}))
    assert runner.optim_wrapper.param_groups[0]["initial_lr"] == 1e-2


@pytest.mark.parametrize("name", ["Restormer", "NAFNet", "MPRNet"])
def test_weight_decay_spares_norms_biases_and_gates(name):
    torch.manual_seed(0)
    network = MODELS.build({"type": name, **SMALL_NETWORKS[name]})
    wrapper = build_optim_wrapper(
        network,
        ConfigDict(
            {
                "type": "OptimWrapper",
                "optimizer": {"type": "AdamW", "lr": 1e-3, "weight_decay": 0.1},
                "paramwise_cfg": {
                    "flat_decay_mult": 0.0,
                    # MPRNet's blocks share an activation.
                    "bypass_duplicate": True,
                    "custom_keys": {
                        "temperature": {"decay_mult": 0.0},
                        "beta": {"decay_mult": 0.0},
                        "gamma": {"decay_mult": 0.0},
                    },
                },
            }
        ),
    )
    decay = {
        id(parameter): group["weight_decay"]
        for group in wrapper.param_groups
        for parameter in group["params"]
    }
    spared = {n for n, p in network.named_parameters() if decay[id(p)] == 0}
    # Kernels have more than one axis that is longer than 1; all else scales or shifts.
    kernels = {n for n, p in network.named_parameters() if p.ndim == 4 and p.shape[0] > 1}
    assert spared == {n for n, _ in network.named_parameters()} - kernels
    assert len(spared) > 1 or name == "MPRNet"
