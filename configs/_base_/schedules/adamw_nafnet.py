# The schedule of NAFNet's released code for deblurring: AdamW, 200,000 iterations, a cosine from
# 1e-3 to 1e-7, gradients clipped to a norm of 0.01, in batches of 4 on each of 8 GPUs.
_base_ = "parts/augmented_256.py"

train_cfg = dict(type="IterTrainLoop", max_iters=200000, val_interval=5000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=1e-3, betas=(0.9, 0.9), weight_decay=1e-3),
    clip_grad=dict(max_norm=0.01),
)
param_scheduler = dict(type="CosineAnnealingLR", by_epoch=False, T_max=200000, eta_min=1e-7)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=5000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(total_batch_size=32, sampler=dict(infinite=True))
