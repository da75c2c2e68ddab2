# RESCAN whose stages each add to the rain found before (Add in its code).
_base_ = "../rescan_rain100h.py"
method = "RESCAN (additive)"
model = dict(network=dict(prediction="additive"))
