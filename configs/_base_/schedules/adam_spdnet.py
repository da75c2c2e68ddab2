# The schedule of SPDNet's released code, counted in iterations: Adam, half of the learning rate at
# epochs 100, 150, 200, 230, 260 and 280 of 300, in batches of 16. Its epoch goes through 1,800
# pairs eight times, which are 900 iterations.
train_cfg = dict(type="IterTrainLoop", max_iters=270000, val_interval=9000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=5e-4))
param_scheduler = dict(
    type="MultiStepLR",
    by_epoch=False,
    milestones=[90000, 135000, 180000, 207000, 234000, 252000],
    gamma=0.5,
)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=9000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=16,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=128),
            dict(type="PairedFlip"),
            dict(type="PackInputs"),
        ]
    ),
)
