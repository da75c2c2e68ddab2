# RESCAN without recurrence (28,695 parameters).
_base_ = "../rescan_rain100h.py"
model = dict(network=dict(recurrent_unit="ConvUnit"))
