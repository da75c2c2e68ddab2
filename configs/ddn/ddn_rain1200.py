# DDN by its own recipe on Rain1200.
_base_ = [
    "../_base_/models/ddn.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/sgd_210k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
