# SFHformer-L by the released schedule on DDN-Data (Rain1400).
_base_ = [
    "../_base_/models/sfhformer.py",
    "../_base_/datasets/rain1400.py",
    "../_base_/schedules/adamw_sfhformer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
