# DDN by its own recipe on Rain1200.
_base_ = [
    "../_base_/models/ddn.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/sgd_210k.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(total_batch_size=20, sampler=dict(infinite=True))
test_evaluator = dict(protocols=["matlab_y_double", "rgb_u8"])
