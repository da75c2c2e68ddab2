# The schedule of MPRNet's released code: Adam, 250 epochs, 3 of warm-up and then a cosine from
# 2e-4 to 1e-6, in batches of 16.
_base_ = "parts/augmented_256.py"

train_cfg = dict(type="EpochTrainLoop", max_epochs=250, val_interval=5)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=2e-4))
param_scheduler = [
    dict(type="LinearLR", by_epoch=True, start_factor=1 / 3, begin=0, end=3),
    dict(type="CosineAnnealingLR", by_epoch=True, begin=3, T_max=247, eta_min=1e-6),
]

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(type="CheckpointHook", interval=5, max_keep_ckpts=3, save_best="auto"),
)

# What configs with this recipe take over.
recipe_loader = dict(total_batch_size=16)
