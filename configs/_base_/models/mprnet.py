# MPRNet as released for deraining (CVPR 2021), trained by a Charbonnier loss and 0.05 times a loss
# of edges at each of three stages.
model = dict(
    type="MultiStageRestorer",
    network=dict(type="MPRNet"),
    stage_loss=dict(
        type="SumLoss",
        losses=dict(
            charbonnier=dict(type="CharbonnierLoss"),
            edge=dict(type="EdgeLoss", loss_weight=0.05),
        ),
    ),
)
