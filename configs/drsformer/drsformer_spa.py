# DRSformer without mixtures of operations on SPA-Data, as for the paper: 4 patches on each
# of 4 GPUs.
_base_ = [
    "../_base_/models/drsformer.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adamw_restormer.py",
    "../_base_/runtime/default.py",
]

model = dict(network=dict(mixtures=False))
train_dataloader = dict(_base_.recipe_loader, total_batch_size=16)
