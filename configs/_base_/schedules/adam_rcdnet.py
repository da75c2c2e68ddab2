# The schedule of RCDNet's released code, counted in iterations: Adam, 100 epochs of about 1,000
# iterations in batches of 16, a fifth of the learning rate every 25.
train_cfg = dict(type="IterTrainLoop", max_iters=100000, val_interval=5000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-3))
param_scheduler = dict(
    type="MultiStepLR", by_epoch=False, milestones=[25000, 50000, 75000], gamma=0.2
)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=5000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=16,
    sampler=dict(infinite=True),
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=64),
            dict(type="PairedFlip"),
            dict(type="PackInputs"),
        ]
    ),
)
