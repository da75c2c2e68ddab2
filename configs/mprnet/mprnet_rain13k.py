# MPRNet on Rain13K, as for the paper.
_base_ = [
    "../_base_/models/mprnet.py",
    "../_base_/datasets/rain13k.py",
    "../_base_/schedules/adam_mprnet.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
