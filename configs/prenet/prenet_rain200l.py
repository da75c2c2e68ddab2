# PReNet on Rain200L, the DCSFN paper's Rain100L. No recipe for it is published: this is that for
# Rain100H, with an epoch of 1,500 iterations, 15 patches from each of 1,800 images.
_base_ = [
    "../_base_/models/prenet.py",
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adam_prenet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
train_cfg = dict(max_iters=150000, val_interval=7500)
param_scheduler = dict(milestones=[45000, 75000, 120000])
default_hooks = dict(checkpoint=dict(interval=7500))
