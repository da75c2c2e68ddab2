# SFHformer-L (ECCV 2024), trained by L1 and 0.1 times the L1 of frequencies.
model = dict(
    type="Restorer",
    network=dict(type="SFHformer", channels=32, num_blocks=(6, 6, 10, 6, 6)),
    loss=dict(
        type="SumLoss",
        losses=dict(l1=dict(type="L1Loss"), fft=dict(type="FFTLoss", loss_weight=0.1)),
    ),
)
