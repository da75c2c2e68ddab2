# dcsfn-small: DCSFN with fewer channels, units and convolutions, on the data of derain-small.
# tools/dist_train.sh configs/hub/dcsfn_small.py 2
_base_ = "derain_small.py"

# HUB_ITERS changes the length of the run, of its stages and of its cosine.
_iters = int("{{$HUB_ITERS:24000}}")
_small_patches = _iters * 17 // 24

model = dict(
    network=dict(_delete_=True, type="DCSFN", channels=16, num_units=3, num_scales=3, num_convs=1),
)
# Small patches first: this network costs five times as much a pixel as derain-small, and learns
# more from many steps than from large ones. Large patches at the end show it streaks as a whole.
train_dataloader = dict(
    total_batch_size=None,
    sampler=dict(infinite=True),
    batch_sampler=dict(
        type="ProgressiveBatchSampler",
        stages=[
            dict(iters=_small_patches, total_batch_size=8, patch_size=64),
            dict(iters=_iters - _small_patches, total_batch_size=4, patch_size=128),
        ],
    ),
)
train_cfg = dict(val_interval=4000)
