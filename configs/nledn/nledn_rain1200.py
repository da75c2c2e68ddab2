# NLEDN by a recipe of restorekit's own on Rain1200.
_base_ = [
    "../_base_/models/nledn.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/adam_nledn.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
