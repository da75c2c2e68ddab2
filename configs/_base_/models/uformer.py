# Uformer-S (CVPR 2022), the one in tables of deraining.
model = dict(
    type="Restorer",
    network=dict(type="Uformer", channels=32),
    loss=dict(type="CharbonnierLoss"),
)
