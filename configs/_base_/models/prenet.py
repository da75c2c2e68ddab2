# PReNet as released: 6 stages, an LSTM, 5 residual blocks, 32 channels; -SSIM of the final output.
model = dict(
    type="Restorer",
    network=dict(type="PReNet", channels=32, num_stages=6, num_blocks=5),
    loss=dict(type="SSIMLoss"),
)
