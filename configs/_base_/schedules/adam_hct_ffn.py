# The schedule of HCT-FFN's released code, counted in iterations: Adam, half of the learning rate at
# epochs 100, 150, 200, 230, 260, 280 and 300 of 400, in batches of 4. Its epoch goes through 1,800
# pairs three times, which are 1,350 iterations.
train_cfg = dict(type="IterTrainLoop", max_iters=540000, val_interval=13500)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-4))
param_scheduler = dict(
    type="MultiStepLR",
    by_epoch=False,
    milestones=[135000, 202500, 270000, 310500, 351000, 378000, 405000],
    gamma=0.5,
)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=13500, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=4,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=128),
            dict(type="PairedFlip"),
            dict(type="PackInputs"),
        ]
    ),
)
