# RESCAN with a plain recurrent unit (54,735 parameters).
_base_ = "../rescan_rain100h.py"
method = "RESCAN (RNN)"
model = dict(network=dict(recurrent_unit="ConvRNN"))
