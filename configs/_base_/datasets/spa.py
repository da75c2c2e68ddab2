# SPA-Data, real rain: 638,492 training and 1,000 test pairs.
_base_ = "paired.py"

_source = dict(data_root="data/spa", catalog="spa")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
