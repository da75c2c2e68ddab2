# DDN by its own recipe on Rain100H, old version.
_base_ = [
    "../_base_/models/ddn.py",
    "../_base_/datasets/rain100h.py",
    "../_base_/schedules/sgd_210k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
