# PReNet by the recipe of its released code on Rain100L, old version: each patch mirrored too, so
# 6,000 patches of 200 images, 334 iterations an epoch.
_base_ = [
    "../_base_/models/prenet.py",
    "../_base_/datasets/rain100l.py",
    "../_base_/schedules/adam_prenet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(
    _base_.recipe_loader, dataset=dict(_base_.recipe_loader.dataset, mirrored=True)
)
train_cfg = dict(max_iters=33400, val_interval=1670)
param_scheduler = dict(milestones=[10020, 16700, 26720])
default_hooks = dict(checkpoint=dict(interval=1670))
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
