# The recipe of SSIR's released code: Adam, 15 epochs of 50,000 batches, a tenth after a third
# and a hundredth after two thirds; batches of 20 labelled and 20 unlabelled patches.
train_cfg = dict(type="IterTrainLoop", max_iters=750000, val_interval=50000)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=1e-3))
param_scheduler = dict(type="MultiStepLR", by_epoch=False, milestones=[250000, 500000], gamma=0.1)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=100),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=10000, max_keep_ckpts=3, save_best="auto"
    ),
)

# What configs with this recipe take over: beside each pair a patch of a photograph of real rain.
recipe_loader = dict(
    total_batch_size=20,
    sampler=dict(infinite=True),
    dataset=dict(
        type="SemiSupervisedDataset",
        unlabelled=dict(
            type="UnpairedDataset",
            data_root="data/real_rain",
            catalog="internet",
            pipeline=[dict(type="PairedRandomCrop", patch_size=64), dict(type="PackInputs")],
        ),
    ),
)
