# RCDNet (CVPR 2020): the squared error of the final image, and a tenth of those of the backgrounds
# and the rain of all stages; the rain of the last stage counts in full. The error of a stage's rain
# is that of the input without this rain.
model = dict(
    type="MultiStageRestorer",
    network=dict(type="RCDNet", num_stages=17, num_maps=32, num_duals=32),
    stage_loss=dict(type="MSELoss", loss_weight=255**2),
    stage_weights=dict(
        **{f"background{stage}": 0.1 for stage in range(18)},
        **{f"without_rain{stage}": 0.1 for stage in range(1, 17)},
        without_rain17=1.0,
        pred=1.0,
    ),
)
