# SPA-Data, real rain: 638,492 training pairs, of which 1,000 validate, and 1,000 test pairs.
_base_ = "paired.py"

_source = dict(data_root="data/spa", catalog="spa")
_training = dict(subset=dict(size=1000), **_source)
train_dataloader = dict(dataset=_training)
val_dataloader = dict(dataset=_training)
test_dataloader = dict(dataset=_source)
