# Table 6: ConvRNN between the scales (paper: 27.63 dB, SSIM 0.9001).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (RNN)"
model = dict(network=dict(recurrent_unit="ConvRNN"))
