# paired.py with more augmentation: mmcv's wrappers around paired transforms, and one of mmcv's own
# transforms on both images of a pair.
_base_ = "paired.py"

train_pipeline = [
    dict(type="PairedRandomCrop", patch_size=64),
    # One of three, drawn from the sample's own random numbers.
    dict(
        type="RandomChoice",
        transforms=[
            [dict(type="PairedFlip", horizontal=1.0)],
            [dict(type="PairedRotate90")],
            [],
        ],
        prob=[0.4, 0.4, 0.2],
    ),
    # mmcv's transforms change `img`: here the rainy and the clean image in turn, with one draw.
    dict(
        type="TransformBroadcaster",
        mapping=dict(img=["lq", "gt"]),
        auto_remap=True,
        share_random_params=True,
        transforms=[
            dict(type="RandomGrayscale", prob=0.1, keep_channels=True, color_format="rgb"),
        ],
    ),
    dict(type="PackInputs"),
]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
