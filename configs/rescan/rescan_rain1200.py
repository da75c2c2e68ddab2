# RESCAN by the recipe of its released code on Rain1200.
_base_ = [
    "../_base_/models/rescan.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/adam_20k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
