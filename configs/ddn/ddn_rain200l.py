# DDN by its own recipe on Rain200L, the DCSFN paper's Rain100L.
_base_ = [
    "../_base_/models/ddn.py",
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/sgd_210k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
