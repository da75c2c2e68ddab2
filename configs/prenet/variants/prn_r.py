# PRN_r: no recurrent unit, one residual block (21,123 parameters).
_base_ = "../prenet_rain100h.py"
method = "PRN_r"
model = dict(network=dict(recurrent_unit=None, recursive_blocks=True))
