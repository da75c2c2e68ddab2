# FADformer by the released schedule on DID-Data (Rain1200): 500 epochs.
_base_ = [
    "../_base_/models/fadformer.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/adamw_fadformer.py",
    "../_base_/runtime/default.py",
]

train_cfg = dict(max_epochs=500)
param_scheduler = dict(T_max=500)
train_dataloader = _base_.recipe_loader
