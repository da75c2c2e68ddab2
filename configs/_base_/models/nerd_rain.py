# NeRD-Rain (CVPR 2024), trained by a Charbonnier loss, 0.01 times one of frequencies and 0.05 times
# one of edges at each of three sizes, and 0.1 times the L1 of both implicit representations. The
# clean images of smaller sizes are a Gaussian pyramid.
method = "NeRD-Rain"
_implicit_loss = dict(type="L1Loss", loss_weight=0.1)
model = dict(
    type="MultiStageRestorer",
    network=dict(type="NeRDRain", channels=48),
    stage_loss=dict(
        type="SumLoss",
        losses=dict(
            charbonnier=dict(type="CharbonnierLoss"),
            fft=dict(type="FFTLoss", of="modulus", loss_weight=0.01),
            edge=dict(type="EdgeLoss", loss_weight=0.05),
        ),
    ),
    stage_losses=dict(implicit_half=_implicit_loss, implicit_quarter=_implicit_loss),
    targets="gaussian_pyramid",
)
