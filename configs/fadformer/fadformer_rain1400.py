# FADformer by the released schedule on DDN-Data (Rain1400): 500 epochs.
_base_ = [
    "../_base_/models/fadformer.py",
    "../_base_/datasets/rain1400.py",
    "../_base_/schedules/adamw_fadformer.py",
    "../_base_/runtime/default.py",
]

train_cfg = dict(max_epochs=500)
param_scheduler = dict(T_max=500)
train_dataloader = _base_.recipe_loader
