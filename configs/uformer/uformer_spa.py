# Uformer-S on SPA-Data, as in the paper.
_base_ = [
    "../_base_/models/uformer.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adamw_uformer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
