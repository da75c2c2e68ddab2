# DRSformer with mixtures of operations on DDN-Data (Rain1400), as for the paper: 4 patches on each
# of 4 GPUs.
_base_ = [
    "../_base_/models/drsformer.py",
    "../_base_/datasets/rain1400.py",
    "../_base_/schedules/adamw_restormer.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(_base_.recipe_loader, total_batch_size=16)
