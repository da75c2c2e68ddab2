# The small scale of studies/dcsfn.yml, merged over the config of each of its runs: a small DCSFN on
# crops of freely licensed photographs. `python tools/study_photos.py PHOTOS data/study_photos`
# makes them; the environment variable STUDY_PHOTOS names another folder.
_source = dict(
    data_root="{{$STUDY_PHOTOS:data/study_photos}}",
    catalog=None,
    hint="`python tools/study_photos.py data/free_photos data/study_photos` makes it.",
)
_steps = 900

model = dict(
    network=dict(channels=8, num_units=3, num_convs=1),
    # So few steps are too short for -SSIM alone, which says little about brightness.
    loss=dict(
        _delete_=True,
        type="SumLoss",
        losses=dict(ssim=dict(type="SSIMLoss"), l1=dict(type="L1Loss", loss_weight=2.0)),
    ),
)

train_dataloader = dict(
    total_batch_size=4,
    num_workers=0,
    persistent_workers=False,
    sampler=dict(infinite=True),
    dataset=dict(
        subset=None,
        pipeline=[
            # K = 4 needs 32 pixels.
            dict(type="PairedRandomCrop", patch_size=48),
            dict(type="PairedFlip"),
            dict(type="PackInputs"),
        ],
        **_source,
    ),
)
val_dataloader = dict(num_workers=0, dataset=dict(split="val", subset=None, **_source))
test_dataloader = dict(num_workers=0, dataset=_source)
val_evaluator = dict(protocols=["rgb_float"])
test_evaluator = dict(protocols=["rgb_float"])

train_cfg = dict(_delete_=True, type="IterTrainLoop", max_iters=_steps, val_interval=_steps // 6)
optim_wrapper = dict(
    _delete_=True,
    type="OptimWrapper",
    optimizer=dict(type="Adam", lr=2e-3),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.1, by_epoch=False, begin=0, end=30),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=0, T_max=_steps, eta_min=2e-5),
]
default_hooks = dict(
    logger=dict(type="LoggerHook", interval=50),
    checkpoint=dict(
        _delete_=True,
        type="CheckpointHook",
        by_epoch=False,
        interval=_steps // 6,
        max_keep_ckpts=1,
    ),
)
custom_hooks = [dict(type="MetricHistoryHook", interval=50)]
