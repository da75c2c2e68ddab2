# The schedule of BioIR's released code: AdamW, 300,000 iterations, a cosine from 1e-3 to 1e-7,
# gradients clipped to a norm of 0.01, in batches of 8.
_base_ = "parts/augmented_256.py"

train_cfg = dict(type="IterTrainLoop", max_iters=300000, val_interval=20000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=1e-3, betas=(0.9, 0.9), weight_decay=1e-3),
    clip_grad=dict(max_norm=0.01),
)
param_scheduler = dict(type="CosineAnnealingLR", by_epoch=False, T_max=300000, eta_min=1e-7)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=10000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over, and the protocol of the released code.
recipe_loader = dict(total_batch_size=8, sampler=dict(infinite=True))
recipe_evaluator = dict(protocols=["basicsr_y"])
