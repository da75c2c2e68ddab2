# IDT (TPAMI 2022), by the negative SSIM.
model = dict(
    type="Restorer",
    network=dict(type="IDT"),
    loss=dict(type="SSIMLoss"),
)
