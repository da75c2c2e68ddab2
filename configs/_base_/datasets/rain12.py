# Rain12: 12 test pairs, and Rain100L's old version to train and validate on.
_base_ = "rain100l.py"

test_dataloader = dict(dataset=dict(data_root="data/rain12", catalog="rain12"))
