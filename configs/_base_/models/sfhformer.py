# SFHformer-L (ECCV 2024). The released code adds 0.1 times the L1 of frequencies to the L1.
model = dict(
    type="Restorer",
    network=dict(type="SFHformer", channels=32, num_blocks=(6, 6, 10, 6, 6)),
    loss=dict(type="L1Loss"),
)
