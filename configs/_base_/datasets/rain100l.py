# Rain100L, old version: 200 training and 100 test pairs. rain200l.py has the new one.
_base_ = "paired.py"

_source = dict(data_root="data/rain100l", catalog="rain100l-old")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
test_evaluator = dict(protocols=["matlab_y_double", "rgb_u8"])
