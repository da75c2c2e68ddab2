# IDT by the released schedule on SPA-Data.
_base_ = [
    "../_base_/models/idt.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adam_idt.py",
    "../_base_/runtime/default.py",
]

train_dataloader = _base_.recipe_loader
