# RCDNet by the released schedule on DDN-Data (Rain1400).
_base_ = [
    "../_base_/models/rcdnet.py",
    "../_base_/datasets/rain1400.py",
    "../_base_/schedules/adam_rcdnet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
