# Optimiser, rates and batches of Uformer's released code for denoising: AdamW, warm-up for 3 of 250
# epochs and then a cosine from 2e-4 to 1e-6, in batches of 32 patches of 128 pixels. No recipe for
# deraining was released; the number of iterations is restorekit's own.
train_cfg = dict(type="IterTrainLoop", max_iters=300000, val_interval=5000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=2e-4, betas=(0.9, 0.999), weight_decay=0.02),
)
param_scheduler = [
    dict(type="LinearLR", by_epoch=False, start_factor=1 / 3, begin=0, end=3600),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=3600, T_max=296400, eta_min=1e-6),
]

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=5000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=32,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=128),
            dict(type="PairedFlip"),
            dict(type="PairedRotate90"),
            dict(type="PackInputs"),
        ]
    ),
)
