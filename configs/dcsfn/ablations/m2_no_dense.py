# Table 3, M2: without dense connections (paper: 27.78 dB, SSIM 0.8898).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (M2)"
model = dict(network=dict(dense_connection=False))
