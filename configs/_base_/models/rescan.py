# RESCAN as released: 4 stages, depth 7, GRU, full prediction; the squared error of all stages.
model = dict(
    type="MultiStageRestorer",
    network=dict(type="RESCAN", channels=24, num_stages=4, depth=7),
    stage_loss=dict(type="MSELoss"),
)
