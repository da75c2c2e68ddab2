# Rain1400 in MSPFN's split: 11,200 training and 2,800 test pairs (Test2800).
_base_ = "paired.py"

_source = dict(data_root="data/rain1400-mspfn", catalog="rain1400-mspfn")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
