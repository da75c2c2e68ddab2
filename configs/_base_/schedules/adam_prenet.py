# The recipe of PReNet's released code: Adam, 100 epochs, a fifth at 30, 50 and 80, in batches
# of 18. Its epoch is of patches of 100 pixels at a stride of 80, 15 from each of the 1,254 images
# of the strict Rain100H: 1,045 iterations, by which it is counted here.
train_cfg = dict(type="IterTrainLoop", max_iters=104500, val_interval=5225)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-3))
param_scheduler = dict(
    type="MultiStepLR", by_epoch=False, milestones=[31350, 52250, 83600], gamma=0.2
)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=5225, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=18,
    sampler=dict(infinite=True),
    dataset=dict(
        type="StridePatchDataset",
        patch_size=100,
        stride=80,
        pipeline=[dict(type="PackInputs")],
    ),
)
# The released code cuts off the fraction of a level when it saves; matlab_y_double rounds.
_as_released = dict(name="matlab_y_double_floor", base="matlab_y_double", quantize="floor")
recipe_evaluator = dict(protocols=[_as_released])
