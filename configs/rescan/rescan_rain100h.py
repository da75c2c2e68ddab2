# RESCAN by the recipe of its released code on Rain100H, old version.
_base_ = [
    "../_base_/models/rescan.py",
    "../_base_/datasets/rain100h.py",
    "../_base_/schedules/adam_20k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
