# DDN's recipe: SGD, 210,000 iterations, a tenth at 100,000 and at 200,000, in batches of 20.
train_cfg = dict(type="IterTrainLoop", max_iters=210000, val_interval=10000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="SGD", lr=0.1, momentum=0.9, weight_decay=1e-10),
)
param_scheduler = dict(type="MultiStepLR", by_epoch=False, milestones=[100000, 200000], gamma=0.1)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=10000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(total_batch_size=20, sampler=dict(infinite=True))
