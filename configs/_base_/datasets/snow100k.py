# Snow100K: 50,000 training pairs, of which 1,000 validate, and the 16,801 pairs of Snow100K-L.
_base_ = "paired.py"

_source = dict(data_root="data/snow100k", catalog="snow100k")
_training = dict(subset=dict(size=1000), **_source)
train_dataloader = dict(dataset=_training)
val_dataloader = dict(dataset=_training)
test_dataloader = dict(dataset=_source)
