# Pairs lq/gt, cropped to 64x64 patches for training; what one dataset differs in is set by
# the file of that dataset.
train_pipeline = [
    dict(type="PairedRandomCrop", patch_size=64),
    dict(type="PackInputs"),
]
test_pipeline = [dict(type="PackInputs")]

train_dataloader = dict(
    # Over all processes together: the recipe stays the same however many there are.
    total_batch_size=24,
    num_workers=4,
    persistent_workers=True,
    drop_last=True,
    sampler=dict(type="ReproducibleSampler", shuffle=True),
    collate_fn=dict(type="collate_samples"),
    dataset=dict(type="PairedDataset", split="train", pipeline=train_pipeline),
)
test_dataloader = dict(
    batch_size=1,
    num_workers=2,
    sampler=dict(type="ReproducibleSampler", shuffle=False),
    collate_fn=dict(type="collate_samples"),
    dataset=dict(type="PairedDataset", split="test", pipeline=test_pipeline),
)
val_dataloader = test_dataloader

val_evaluator = dict(type="RestorationMetric", protocols=["rgb_u8"])
test_evaluator = dict(type="RestorationMetric", protocols=["rgb_u8", "matlab_y_u8"])
