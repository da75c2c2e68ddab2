# Rain800: 700 training and 100 test pairs (Test100).
_base_ = "paired.py"

_source = dict(data_root="data/rain800", catalog="rain800")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
test_evaluator = dict(protocols=["rgb_u8", "matlab_y_u8"])
