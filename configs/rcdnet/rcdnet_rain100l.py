# RCDNet by the released schedule on Rain100L, old version.
_base_ = [
    "../_base_/models/rcdnet.py",
    "../_base_/datasets/rain100l.py",
    "../_base_/schedules/adam_rcdnet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
