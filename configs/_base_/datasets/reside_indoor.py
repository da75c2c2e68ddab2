# RESIDE, indoor haze: the 13,990 training pairs of ITS, of which a twentieth validates, and the 500
# indoor pairs of SOTS.
_base_ = "paired.py"

_source = dict(data_root="data/reside-indoor", catalog="reside-indoor")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
