# The schedule of IDT's released code: Adam, 400 epochs in batches of 4, a tenth at 100, 250 and
# 350; 128×128 patches, of which a quarter is mirrored at each axis.
train_cfg = dict(type="EpochTrainLoop", max_epochs=400, val_interval=10)
val_cfg = dict()
# The tiles that the published numbers are of.
test_cfg = dict(tile=dict(size=128, stride=108, merge="radial"))

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-4))
param_scheduler = dict(type="MultiStepLR", by_epoch=True, milestones=[100, 250, 350], gamma=0.1)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(type="CheckpointHook", interval=10, max_keep_ckpts=3, save_best="auto"),
)

# What configs with this recipe take over.
recipe_loader = dict(
    total_batch_size=4,
    dataset=dict(
        pipeline=[
            dict(type="PairedRandomCrop", patch_size=128),
            dict(
                type="RandomChoice",
                transforms=[
                    [dict(type="PairedFlip", horizontal=1.0)],
                    [dict(type="PairedFlip", horizontal=0.0, vertical=1.0)],
                    [],
                ],
                prob=[0.25, 0.25, 0.5],
            ),
            dict(type="PackInputs"),
        ]
    ),
)
# The authors' README has all its numbers under this protocol.
recipe_evaluator = dict(protocols=["matlab_y_u8"])
