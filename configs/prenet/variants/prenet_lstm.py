# PReNet_LSTM: predicts the image itself, without residual.
_base_ = "../prenet_rain100h.py"
method = "PReNet_LSTM"
model = dict(network=dict(residual=False))
