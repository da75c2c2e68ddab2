# Table 6: ConvLSTM between the scales (paper: 28.43 dB, SSIM 0.9017).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (LSTM)"
model = dict(network=dict(recurrent_unit="ConvLSTM"))
