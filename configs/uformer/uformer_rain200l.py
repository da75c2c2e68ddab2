# Uformer-S on Rain200L.
_base_ = [
    "../_base_/models/uformer.py",
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adamw_uformer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
