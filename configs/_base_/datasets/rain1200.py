# Rain1200 (DID-Data): 12,000 training and 1,200 test pairs.
_base_ = "paired.py"

_source = dict(data_root="data/rain1200", catalog="rain1200")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
# The DCSFN paper reports on it under the last of these.
test_evaluator = dict(protocols=["matlab_y_double", "rgb_u8", "rgb_float"])
