# Rain1400 (DDN-Data): 12,600 training and 1,400 test pairs.
_base_ = "paired.py"

_source = dict(data_root="data/rain1400", catalog="rain1400")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
test_evaluator = dict(protocols=["matlab_y_double", "rgb_u8"])
