# Rain200L, the new version of Rain100L: 1,800 training and 200 test pairs.
_base_ = "paired.py"

_source = dict(data_root="data/rain200l", catalog="rain200l")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
# The DCSFN paper reports on it under the last of these.
test_evaluator = dict(protocols=["matlab_y_u8", "rgb_u8", "rgb_float"])
