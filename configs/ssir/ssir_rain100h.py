# SSIR by the recipe of its released code, with Rain100H, old version, as its labelled images.
_base_ = [
    "../_base_/models/ssir.py",
    "../_base_/datasets/rain100h.py",
    "../_base_/schedules/adam_750k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
