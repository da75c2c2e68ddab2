# Outdoor-Rain: 9,000 training pairs, of which a twentieth validates, and the 750 pairs of Test1.
_base_ = "paired.py"

_source = dict(data_root="data/outdoor-rain", catalog="outdoor-rain")
train_dataloader = dict(dataset=_source)
val_dataloader = dict(dataset=_source)
test_dataloader = dict(dataset=_source)
