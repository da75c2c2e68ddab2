# The schedule of FADformer's released code for Rain200: AdamW, 800 epochs, a cosine from 1e-3 to
# 1e-5, gradients clipped to a norm of 0.01, in batches of 12.
_base_ = "parts/augmented_256.py"

train_cfg = dict(type="EpochTrainLoop", max_epochs=800, val_interval=20)
val_cfg = dict()
# The four crops that the published numbers are of: where sides are multiples of 4, the whole image.
test_cfg = dict(tile=dict(size=4, merge="corners"))

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=1e-3),
    clip_grad=dict(max_norm=0.01),
)
param_scheduler = dict(type="CosineAnnealingLR", by_epoch=True, T_max=800, eta_min=1e-5)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(type="CheckpointHook", interval=20, max_keep_ckpts=3, save_best="auto"),
)

# What configs with this recipe take over.
recipe_loader = dict(total_batch_size=12)
recipe_evaluator = dict(protocols=["y_float"])
