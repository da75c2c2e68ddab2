# SSIR (CVPR 2019): DDN's network with the moments of the image at hand, and a Gaussian mixture
# for the rain of photographs, which is fitted to the photographs themselves at first.
method = "SSIR"
model = dict(
    type="SemiSupervisedRestorer",
    network=dict(type="DDN", norm=dict(type="BatchNorm", image_moments=True)),
    loss=dict(type="MSELoss"),
    unlabelled_loss=dict(
        type="RainMixtureLoss",
        num_components=3,
        mixture_weight=0.5,
        tv_weight=1e-5,
        kl_weight=1e-9,
        warmup_iters=50000,
    ),
)
