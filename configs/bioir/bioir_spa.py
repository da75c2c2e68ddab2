# BioIR by the released recipe on SPA-Data.
_base_ = [
    "../_base_/models/bioir.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adamw_bioir.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
# The released code measures under the last of these.
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
