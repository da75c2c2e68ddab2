# FADformer (ECCV 2024). The released code adds 0.1 times a contrast of frequencies to the L1.
model = dict(
    type="Restorer",
    network=dict(type="FADformer", channels=32, num_blocks=(4, 8, 10, 8, 4)),
    loss=dict(type="L1Loss"),
)
