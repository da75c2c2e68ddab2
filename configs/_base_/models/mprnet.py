# MPRNet as released for deraining (CVPR 2021). The released code adds 0.05 times an edge loss to
# the Charbonnier loss of each stage.
model = dict(
    type="MultiStageRestorer",
    network=dict(type="MPRNet"),
    stage_loss=dict(type="CharbonnierLoss"),
)
