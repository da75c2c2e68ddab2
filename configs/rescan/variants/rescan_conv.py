# RESCAN without recurrence (28,695 parameters).
_base_ = "../rescan_rain100h.py"
method = "RESCAN (no recurrence)"
model = dict(network=dict(recurrent_unit="ConvUnit"))
