# A small DCSFN on the demo's photographs; `make demo` prepares the data and runs it:
# tools/dist_train.sh configs/dcsfn/dcsfn_demo.py 2
_base_ = ["../_base_/datasets/paired.py", "../_base_/runtime/default.py"]

# The environment variable DEMO_ITERS shortens the run and nothing else.
_iters = int("{{$DEMO_ITERS:900}}")
work_dir = "work_dirs/dcsfn_demo" if _iters == 900 else f"work_dirs/dcsfn_demo_{_iters}"
resume = True

model = dict(
    type="Restorer",
    network=dict(type="DCSFN", channels=16, num_units=3, num_scales=3, num_convs=1),
    # A few minutes are too short for -SSIM alone, which says little about brightness.
    loss=dict(
        type="SumLoss",
        losses=dict(ssim=dict(type="SSIMLoss"), l1=dict(type="L1Loss", loss_weight=2.0)),
    ),
)

_source = dict(data_root="data/demo", hint="`make demo` prepares it.")
_pipeline = [
    dict(type="PairedRandomCrop", patch_size=64),
    dict(type="PairedFlip"),
    dict(type="PairedRotate90"),
    dict(type="PackInputs"),
]
train_dataloader = dict(
    total_batch_size=16,
    num_workers=0,
    dataset=dict(subset=None, pipeline=_pipeline, **_source),
)
val_dataloader = dict(num_workers=0, dataset=dict(split="val", **_source))
test_dataloader = dict(num_workers=0, dataset=_source)
val_evaluator = dict(protocols=["matlab_y_u8"])
test_evaluator = dict(protocols=["matlab_y_u8", "rgb_u8"])

train_cfg = dict(type="IterTrainLoop", max_iters=_iters, val_interval=max(_iters // 6, 1))
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="Adam", lr=2e-3),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.1, by_epoch=False, begin=0, end=min(30, _iters)),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=0, T_max=_iters, eta_min=2e-5),
]
default_hooks = dict(
    logger=dict(type="LoggerHook", interval=20),
    checkpoint=dict(
        type="CheckpointHook",
        by_epoch=False,
        interval=max(_iters // 12, 1),
        max_keep_ckpts=2,
        save_best="auto",
    ),
)
