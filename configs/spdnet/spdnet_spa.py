# SPDNet by the released schedule on SPA-Data.
_base_ = [
    "../_base_/models/spdnet.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adam_spdnet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
