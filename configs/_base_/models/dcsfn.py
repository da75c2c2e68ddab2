# DCSFN in the paper's setting (section 4.2): L=16, K=3, n=4, 32 channels, trained by -SSIM.
model = dict(
    type="Restorer",
    network=dict(type="DCSFN", channels=32, num_units=16, num_scales=3, num_convs=4),
    loss=dict(type="SSIMLoss"),
)
