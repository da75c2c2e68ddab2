# GoPro: 2,103 training pairs, of which a twentieth validates, and 1,111 test pairs.
_base_ = "paired.py"

_source = dict(data_root="data/gopro", catalog="gopro")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
