# The schedule of NeRD-Rain's released code: Adam, 3,000 epochs of Rain200's 1,800 pairs one by one,
# 3 of warm-up and then a cosine from 1e-4 to 1e-6, counted in iterations. The released code has one
# more epoch before these, at a rate of 0.
train_cfg = dict(type="IterTrainLoop", max_iters=5400000, val_interval=18000)
val_cfg = dict()
# The tiles that the published numbers are of; `--tile off` tests whole images.
test_cfg = dict(tile=dict(size=256, merge="paste"))

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-4))
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=1 / 3, begin=0, end=5400),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=5400, T_max=5394600, eta_min=1e-6),
]

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=18000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=1,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=256, smaller="reflect"),
            dict(type="PairedSaturation", low=0.8, high=1.2, probability=1 / 3),
            dict(type="PairedFlip"),
            dict(type="PairedRotate90"),
            dict(type="PackInputs"),
        ]
    ),
)
