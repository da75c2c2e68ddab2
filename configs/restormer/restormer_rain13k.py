# Restormer on Rain13K, as for the paper.
_base_ = [
    "../_base_/models/restormer.py",
    "../_base_/datasets/rain13k.py",
    "../_base_/schedules/adamw_restormer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.progressive_loader
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
