# RESCAN with an LSTM (197,367 parameters).
_base_ = "../rescan_rain100h.py"
model = dict(network=dict(recurrent_unit="ConvLSTM"))
