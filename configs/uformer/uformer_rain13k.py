# Uformer-S on Rain13K.
_base_ = [
    "../_base_/models/uformer.py",
    "../_base_/datasets/rain13k.py",
    "../_base_/schedules/adamw_uformer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
