# RESCAN by the recipe of its released code on Rain200L, the DCSFN paper's Rain100L.
_base_ = [
    "../_base_/models/rescan.py",
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adam_20k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
