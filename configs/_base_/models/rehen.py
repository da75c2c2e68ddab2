# REHEN as released: 4 stages of 5 blocks; the squared error of all stages, and of the final
# output log(1/SSIM) and 1/PSNR as well.
model = dict(
    type="MultiStageRestorer",
    network=dict(type="REHEN", channels=24, num_stages=4, num_blocks=5),
    stage_loss=dict(type="MSELoss"),
    loss=dict(
        type="SumLoss",
        losses=dict(
            ssim=dict(type="LogSSIMLoss", loss_weight=1e-3),
            psnr=dict(type="InversePSNRLoss", loss_weight=0.1),
        ),
    ),
)
