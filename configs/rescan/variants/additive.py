# RESCAN whose stages each add to the rain found before (Add in its code).
_base_ = "../rescan_rain100h.py"
model = dict(network=dict(prediction="additive"))
