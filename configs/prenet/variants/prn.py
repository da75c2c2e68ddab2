# PRN: no recurrent unit (95,107 parameters).
_base_ = "../prenet_rain100h.py"
method = "PRN"
model = dict(network=dict(recurrent_unit=None))
