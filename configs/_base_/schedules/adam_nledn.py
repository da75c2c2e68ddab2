# A recipe of our own for NLEDN, whose authors released only their test: Adam, 100,000
# iterations, a tenth at 3/5 and 4/5 of them, as DCSFN's.
train_cfg = dict(type="IterTrainLoop", max_iters=100000, val_interval=5000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=5e-4))
param_scheduler = dict(type="MultiStepLR", by_epoch=False, milestones=[60000, 80000], gamma=0.1)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=5000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over. A patch of 128 makes cells of 16x16 at every level,
# where a whole image makes about 60x40.
recipe_loader = dict(
    total_batch_size=8,
    sampler=dict(infinite=True),
    dataset=dict(pipeline=[dict(type="PairedRandomCrop", patch_size=128), dict(type="PackInputs")]),
)
recipe_evaluator = dict(protocols=["pil_y_skimage"])
