# Table 5: K = 4 scales in the block (paper: 28.59 dB, SSIM 0.9036).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (K=4)"
model = dict(network=dict(num_scales=4))
