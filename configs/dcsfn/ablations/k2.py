# Table 5: K = 2 scales in the block (paper: 28.35 dB, SSIM 0.9007).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (K=2)"
model = dict(network=dict(num_scales=2))
