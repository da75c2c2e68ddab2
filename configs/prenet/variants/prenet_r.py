# PReNet_r: one residual block, used five times in each stage (94,979 parameters).
_base_ = "../prenet_rain100h.py"
method = "PReNet_r"
model = dict(network=dict(recursive_blocks=True))
