# Table 5: K = 1 scale in the block (paper: 28.34 dB, SSIM 0.9006).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (K=1)"
model = dict(network=dict(num_scales=1))
