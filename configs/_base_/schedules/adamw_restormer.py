# The schedule of Restormer's released code: AdamW, 300,000 iterations, a constant rate for 92,000
# and a cosine to 1e-6 for the rest, gradients clipped to a norm of 0.01. Its patches grow from 128
# to 384 pixels while its batches shrink; here they stay as at first, 128 pixels and 8 on each of
# 8 GPUs.
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
recipe_loader = dict(
    total_batch_size=64,
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
recipe_evaluator = dict(protocols=["basicsr_y"])
