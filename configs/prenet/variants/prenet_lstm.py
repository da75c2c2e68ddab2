# PReNet_LSTM: predicts the image itself, without residual.
_base_ = "../prenet_rain100h.py"
model = dict(network=dict(residual=False))
