# SPDNet (ICCV 2021): the squared error of all three stages, of levels from 0 to 255.
model = dict(
    type="MultiStageRestorer",
    network=dict(type="SPDNet"),
    stage_loss=dict(type="MSELoss", loss_weight=255**2),
)
