# The recipe of RESCAN's released code: Adam, 20,000 iterations, a tenth at 15,000 and 17,500, in
# batches of 64.
train_cfg = dict(type="IterTrainLoop", max_iters=20000, val_interval=1000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=5e-3))
param_scheduler = dict(type="MultiStepLR", by_epoch=False, milestones=[15000, 17500], gamma=0.1)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=1000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(total_batch_size=64, sampler=dict(infinite=True))
recipe_evaluator = dict(protocols=["rgb_float"])
