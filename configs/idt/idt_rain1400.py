# IDT by the released schedule on DDN-Data (Rain1400).
_base_ = [
    "../_base_/models/idt.py",
    "../_base_/datasets/rain1400.py",
    "../_base_/schedules/adam_idt.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
test_evaluator = dict(
    protocols=[*_base_.test_evaluator.protocols, *_base_.recipe_evaluator.protocols]
)
