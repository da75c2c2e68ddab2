# Table 4: without inner-scale connection (paper: 28.32 dB, SSIM 0.9031).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (no inner-scale connection)"
model = dict(network=dict(inner_connection=False))
