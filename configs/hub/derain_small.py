# derain-small, the small network that restorekit ships: rain of every kind, rendered on freely
# licensed photographs. `python tools/hub_photos.py data/free_photos` collects the photographs.
# tools/dist_train.sh configs/hub/derain_small.py 2
_base_ = ["../_base_/datasets/paired.py", "../_base_/runtime/default.py"]

# HUB_ITERS changes the length of the run and of its cosine.
_iters = int("{{$HUB_ITERS:12000}}")
_data_root = "{{$HUB_PHOTOS:data/free_photos}}"
_hint = "`python tools/hub_photos.py data/free_photos` collects the photographs."

model = dict(
    type="Restorer",
    network=dict(
        type="NAFNet",
        channels=24,
        encoder_blocks=(1, 2, 3),
        middle_blocks=2,
        decoder_blocks=(2, 1, 1),
        stem=2,
        attention=False,
    ),
    loss=dict(
        type="SumLoss",
        losses=dict(l1=dict(type="L1Loss"), ssim=dict(type="SSIMLoss", loss_weight=0.1)),
    ),
)

# Rain falls on patches a little larger than those trained on: the last crop moves JPEG's blocks to
# any position.
train_dataloader = dict(
    total_batch_size=12,
    num_workers=1,
    dataset=dict(
        _delete_=True,
        type="SyntheticRainDataset",
        data_root=_data_root,
        split="train",
        hint=_hint,
        rain="real",
        before_rain=[
            dict(type="PairedScaledCrop", patch_size=136, max_scale=2.5),
            dict(type="PairedFlip"),
            dict(type="PairedStructures"),
            dict(type="PairedExposure"),
        ],
        pipeline=[
            dict(type="PairedCamera"),
            dict(type="PairedRandomCrop", patch_size=128),
            dict(type="PackInputs"),
        ],
    ),
)
val_dataloader = dict(
    num_workers=0,
    dataset=dict(
        _delete_=True,
        type="SyntheticRainDataset",
        data_root=_data_root,
        split="val",
        hint=_hint,
        rain="real",
        pipeline=[dict(type="PackInputs")],
    ),
)
# `python -m benchmarks hub` measures everything on the card.
test_dataloader = dict(
    num_workers=0, dataset=dict(data_root="data/rain100l", catalog="rain100l-old")
)
val_evaluator = dict(protocols=["matlab_y_u8"])
test_evaluator = dict(protocols=["matlab_y_u8"])

train_cfg = dict(type="IterTrainLoop", max_iters=_iters, val_interval=2000)
val_cfg = dict()
test_cfg = dict()
optim_wrapper = dict(
    type="OptimWrapper",
    optimizer=dict(type="AdamW", lr=1e-3, betas=(0.9, 0.99), weight_decay=1e-4, fused=True),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = [
    dict(type="LinearLR", start_factor=0.05, by_epoch=False, begin=0, end=min(200, _iters)),
    dict(type="CosineAnnealingLR", by_epoch=False, begin=0, T_max=_iters, eta_min=1e-6),
]
custom_hooks = [
    *_base_.custom_hooks,
    dict(type="EMAHook", ema_type="ExponentialMovingAverage", momentum=0.005, interval=5),
]
default_hooks = dict(
    logger=dict(type="LoggerHook", interval=50),
    checkpoint=dict(
        type="CheckpointHook", by_epoch=False, interval=500, max_keep_ckpts=3, save_best="auto"
    ),
)
