# The recipe of the DCSFN paper (section 4.2): Adam, 800 epochs, a tenth at 480 and at 640.
train_cfg = dict(type="EpochTrainLoop", max_epochs=800, val_interval=40)
val_cfg = dict()
test_cfg = dict()

optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam", lr=5e-4))
param_scheduler = dict(type="MultiStepLR", by_epoch=True, milestones=[480, 640], gamma=0.1)

default_hooks = dict(
    logger=dict(type="LoggerHook", interval=25),
    checkpoint=dict(type="CheckpointHook", interval=10, max_keep_ckpts=3, save_best="auto"),
)
