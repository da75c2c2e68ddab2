# Rain1400 in the split of the DDN paper: 9,100 training and 4,900 test pairs.
_base_ = "paired.py"

_source = dict(data_root="data/rain1400-fu2017", catalog="rain1400-fu2017")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
