# Uformer-S on DDN-Data (Rain1400).
_base_ = [
    "../_base_/models/uformer.py",
    "../_base_/datasets/rain1400.py",
    "../_base_/schedules/adamw_uformer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
