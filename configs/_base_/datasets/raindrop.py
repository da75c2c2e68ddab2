# Raindrop: 861 training pairs, of which 44 validate, and the 58 pairs of test set A.
_base_ = "paired.py"

_source = dict(data_root="data/raindrop", catalog="raindrop")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
