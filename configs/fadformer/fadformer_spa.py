# FADformer by the released schedule on SPA-Data: 6 epochs.
_base_ = [
    "../_base_/models/fadformer.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adamw_fadformer.py",
    "../_base_/runtime/default.py",
]

train_cfg = dict(max_epochs=6, val_interval=1)
param_scheduler = dict(T_max=6)
default_hooks = dict(checkpoint=dict(interval=1))
train_dataloader = _base_.recipe_loader
# The paper's numbers are under the last of these.
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
