# PRN: no recurrent unit (95,107 parameters).
_base_ = "../prenet_rain100h.py"
model = dict(network=dict(recurrent_unit=None))
