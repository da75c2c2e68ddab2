# Rain100H, old version: 1,800 training and 100 test pairs. rain200h.py has the new one.
_base_ = "paired.py"

_source = dict(data_root="data/rain100h", catalog="rain100h-old")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
test_evaluator = dict(protocols=["matlab_y_double", "rgb_u8"])
