# Table 3, M1: without skip connections (paper: 27.86 dB, SSIM 0.8979).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (M1)"
model = dict(network=dict(skip="none"))
