# Pairs lq/gt, cropped to 64x64 patches for training; the file of each dataset states what differs.
# A twentieth of the training images, drawn by their names, is kept for validation. Where the data
# has a split for it: subset=None for training, and split="val" for validation.
train_pipeline = [
    dict(type="PairedRandomCrop", patch_size=64),
    dict(type="PackInputs"),
]
test_pipeline = [dict(type="PackInputs")]

train_dataloader = dict(
    # Of all processes together: the recipe is the same for any number of them.
    total_batch_size=24,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="ReproducibleSampler", shuffle=True),
    collate_fn=dict(type="collate_samples"),
    dataset=dict(
        type="PairedDataset", split="train", subset=dict(part="train"), pipeline=train_pipeline
    ),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=2,
    sampler=dict(type="ReproducibleSampler", shuffle=False),
    collate_fn=dict(type="collate_samples"),
    dataset=dict(type="PairedDataset", split="test", pipeline=test_pipeline),
)
val_dataloader = dict(
    test_dataloader,
    dataset=dict(
        type="PairedDataset", split="train", subset=dict(part="val"), pipeline=test_pipeline
    ),
)

val_evaluator = dict(type="RestorationMetric", protocols=["rgb_u8"])
test_evaluator = dict(type="RestorationMetric", protocols=["matlab_y_u8", "rgb_u8"])
