# RESCAN with an LSTM (197,367 parameters).
_base_ = "../rescan_rain100h.py"
method = "RESCAN (LSTM)"
model = dict(network=dict(recurrent_unit="ConvLSTM"))
