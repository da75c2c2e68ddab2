# PReNet_GRU: a GRU, and no residual (150,499 parameters).
_base_ = "../prenet_rain100h.py"
method = "PReNet_GRU"
model = dict(network=dict(recurrent_unit="PlainConvGRU", residual=False))
