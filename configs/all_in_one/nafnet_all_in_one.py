# One NAFNet for rain, raindrops, snow, haze, noise, JPEG and blur, by a recipe of restorekit's own.
_base_ = [
    "../_base_/models/nafnet.py",
    "../_base_/datasets/all_in_one.py",
    "../_base_/schedules/adamw_nafnet.py",
    "../_base_/runtime/default.py",
]

# NAFNet's batches; the dataset cuts the patches.
train_dataloader = dict(total_batch_size=32, sampler=dict(infinite=True))
