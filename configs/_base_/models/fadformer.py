# FADformer (ECCV 2024), trained by L1 and 0.1 times a contrast of frequencies.
model = dict(
    type="Restorer",
    network=dict(type="FADformer", channels=32, num_blocks=(4, 8, 10, 8, 4)),
    loss=dict(
        type="SumLoss",
        losses=dict(
            l1=dict(type="L1Loss"), contrast=dict(type="FrequencyContrastLoss", loss_weight=0.1)
        ),
    ),
)
