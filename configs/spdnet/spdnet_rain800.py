# SPDNet by the released schedule on Rain800.
_base_ = [
    "../_base_/models/spdnet.py",
    "../_base_/datasets/rain800.py",
    "../_base_/schedules/adam_spdnet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
