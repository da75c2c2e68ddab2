# PReNet_x: a stage sees only the output of the one before (168,099 parameters).
_base_ = "../prenet_rain100h.py"
method = "PReNet_x"
model = dict(network=dict(concat_input=False, residual=False))
