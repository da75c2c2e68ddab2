# The schedule of ConvIR's and SFNet's released code: Adam, 300 epochs, 3 of warm-up and then a
# cosine from 1e-4 to 1e-6, gradients clipped to a norm of 0.01, in batches of 4. Patches are
# flipped and not rotated.
train_cfg = dict(type="EpochTrainLoop", max_epochs=300, val_interval=10)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="Adam", lr=1e-4),
    clip_grad=dict(max_norm=0.01),
)
param_scheduler = [
    dict(type="LinearLR", by_epoch=True, start_factor=1 / 3, begin=0, end=3),
    dict(type="CosineAnnealingLR", by_epoch=True, begin=3, T_max=297, eta_min=1e-6),
]

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(type="CheckpointHook", interval=10, max_keep_ckpts=3, save_best="auto"),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=4,
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=256, smaller="reflect"),
            dict(type="PairedFlip"),
            dict(type="PackInputs"),
        ]
    ),
)
