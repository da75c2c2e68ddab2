# RESIDE, outdoor haze: the 500 outdoor pairs of SOTS, after training on ITS, indoors.
_base_ = "reside_indoor.py"

test_dataloader = dict(dataset=dict(data_root="data/reside-outdoor", catalog="reside-outdoor"))
