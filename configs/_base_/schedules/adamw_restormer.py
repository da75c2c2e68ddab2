# The schedule of Restormer's released code: AdamW, 300,000 iterations, a constant rate for 92,000
# and a cosine to 1e-6 for the rest, gradients clipped to a norm of 0.01. Restormer's patches grow
# from 128 to 384 pixels while its batches shrink, from 8 to 1 on each of 8 GPUs
# (progressive_loader); those of DRSformer stay at 128 (recipe_loader).
train_cfg = dict(type="IterTrainLoop", max_iters=300000, val_interval=4000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=3e-4, betas=(0.9, 0.999), weight_decay=1e-4),
    clip_grad=dict(max_norm=0.01),
)
param_scheduler = dict(
    type="CosineAnnealingLR", by_epoch=False, begin=92000, T_max=208000, eta_min=1e-6
)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=4000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over. The protocol is that of MMagic; the paper's is the
# dataset's.
_augment = [dict(type="PairedFlip"), dict(type="PairedRotate90"), dict(type="PackInputs")]
recipe_loader = dict(
    total_batch_size=64,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[dict(type="PairedRandomCrop", patch_size=128, smaller="reflect"), *_augment]
    ),
)
progressive_loader = dict(
    total_batch_size=None,
    sampler=dict(infinite=True),
    batch_sampler=dict(
        type="ProgressiveBatchSampler",
        stages=[
            dict(iters=92000, total_batch_size=64, patch_size=128),
            dict(iters=64000, total_batch_size=40, patch_size=160),
            dict(iters=48000, total_batch_size=32, patch_size=192),
            dict(iters=36000, total_batch_size=16, patch_size=256),
            dict(iters=36000, total_batch_size=8, patch_size=320),
            dict(iters=24000, total_batch_size=8, patch_size=384),
        ],
    ),
    dataset=dict(
        pipeline=[dict(type="PairedRandomCrop", patch_size=384, smaller="reflect"), *_augment]
    ),
)
recipe_evaluator = dict(protocols=["y_float"])
