# FADformer by the released schedule on Rain200L.
_base_ = [
    "../_base_/models/fadformer.py",
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adamw_fadformer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
# The paper's numbers are under the last of these.
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
