# Rain12: 12 test pairs, and Rain100L's old version to train on.
_base_ = "rain100l.py"

_test_set = dict(data_root="data/rain12", catalog="rain12")
val_dataloader = dict(dataset=_test_set)
test_dataloader = dict(dataset=_test_set)
