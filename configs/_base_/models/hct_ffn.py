# HCT-FFN (AAAI 2023). For each stage: the squared error of levels from 0 to 255, minus a fifth of
# an SSIM of such levels, whose constants are those for images in [0, 1]. The released code adds it,
# so that training would lower it; here it is subtracted.
method = "HCT-FFN"
model = dict(
    type="MultiStageRestorer",
    network=dict(type="HCTFFN"),
    stage_loss=dict(
        type="SumLoss",
        losses=dict(
            mse=dict(type="MSELoss", loss_weight=255**2),
            ssim=dict(type="SSIMLoss", loss_weight=0.2, data_range=1 / 255),
        ),
    ),
)
