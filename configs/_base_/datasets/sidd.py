# SIDD Medium: 320 training pairs, of which a twentieth validates, and 1,280 crops to test on.
_base_ = "paired.py"

_source = dict(data_root="data/sidd", catalog="sidd")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
