# NeRD-Rain (CVPR 2024). The released code adds a loss of frequencies and one of edges to the
# Charbonnier loss of the decoders, and takes L1 for the implicit representations.
model = dict(
    type="MultiStageRestorer",
    network=dict(type="NeRDRain", channels=48),
    stage_loss=dict(type="CharbonnierLoss"),
    stage_weights=dict(implicit_half=0.1, implicit_quarter=0.1),
)
