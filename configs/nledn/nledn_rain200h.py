# NLEDN by a recipe of restorekit's own on Rain200H, the DCSFN paper's Rain100H.
_base_ = [
    "../_base_/models/nledn.py",
    "../_base_/datasets/rain200h.py",
    "../_base_/schedules/adam_nledn.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
