# RESCAN by the recipe of its released code on Rain100H.
_base_ = [
    "../_base_/models/rescan.py",
    "../_base_/datasets/rain100h.py",
    "../_base_/schedules/adam_20k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(total_batch_size=64, sampler=dict(infinite=True))
test_evaluator = dict(protocols=["rgb_float", "matlab_y_double", "rgb_u8"])
