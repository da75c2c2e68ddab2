# PReNet by the recipe of its released code on Rain100L: each image mirrored too, so 6,000
# patches, 334 iterations an epoch.
_base_ = [
    "../_base_/models/prenet.py",
    "../_base_/datasets/rain100l.py",
    "../_base_/schedules/adam_prenet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(
    total_batch_size=18,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=100),
            dict(type="PairedFlip"),
            dict(type="PackInputs"),
        ]
    ),
)
train_cfg = dict(max_iters=33400, val_interval=1670)
param_scheduler = dict(milestones=[10020, 16700, 26720])
default_hooks = dict(checkpoint=dict(interval=1670))
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
