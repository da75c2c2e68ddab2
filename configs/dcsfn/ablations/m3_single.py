# Table 3, M3: a single sub-network (paper: 26.89 dB, SSIM 0.8770).
_base_ = "../dcsfn_rain200h.py"
method = "DCSFN (M3)"
model = dict(network=dict(num_subnetworks=1))
