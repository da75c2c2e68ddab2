# The schedule of SFHformer's released code: AdamW, 1,000 epochs, a cosine from 1e-3 to 1e-6, in
# batches of 8.
_base_ = "parts/augmented_256.py"

train_cfg = dict(type="EpochTrainLoop", max_epochs=1000, val_interval=20)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="AdamW", lr=1e-3))
param_scheduler = dict(type="CosineAnnealingLR", by_epoch=True, T_max=1000, eta_min=1e-6)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(type="CheckpointHook", interval=20, max_keep_ckpts=3, save_best="auto"),
)

# What configs with this recipe take over.
recipe_loader = dict(total_batch_size=8)
