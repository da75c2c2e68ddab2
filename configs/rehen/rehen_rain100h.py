# REHEN by the recipe of its released code on Rain100H.
_base_ = [
    "../_base_/models/rehen.py",
    "../_base_/datasets/rain100h.py",
    "../_base_/schedules/adam_60k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(total_batch_size=32, sampler=dict(infinite=True))
test_evaluator = dict(protocols=["rgb_float_valid", "rgb_u8", "matlab_y_u8"])
