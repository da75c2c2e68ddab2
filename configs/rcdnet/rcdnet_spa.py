# RCDNet by the released schedule on SPA-Data.
_base_ = [
    "../_base_/models/rcdnet.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adam_rcdnet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
