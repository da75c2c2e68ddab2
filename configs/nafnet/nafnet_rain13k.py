# NAFNet by a recipe of restorekit's own on Rain13K.
_base_ = [
    "../_base_/models/nafnet.py",
    "../_base_/datasets/rain13k.py",
    "../_base_/schedules/adamw_nafnet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
