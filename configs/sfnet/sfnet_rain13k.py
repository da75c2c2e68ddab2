# SFNet by the released recipe on Rain13K.
_base_ = [
    "../_base_/models/sfnet.py",
    "../_base_/datasets/rain13k.py",
    "../_base_/schedules/adam_convir.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
