# KBNet as spandrel builds it, on Rain200L; needs the package spandrel (docs/bridges.md). As its
# authors do, it trains by Restormer's schedule and L1; they grow their patches from 128 pixels, or
# keep them there, as here.
_base_ = [
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adamw_restormer.py",
    "../_base_/runtime/default.py",
]

method = "KBNet (spandrel)"
model = dict(
    type="Restorer",
    network=dict(
        type="SpandrelArch",
        name="KBNet_s",
        width=32,
        middle_blk_num=6,
        enc_blk_nums=[2, 2, 2],
        dec_blk_nums=[2, 2, 2],
    ),
    loss=dict(type="L1Loss"),
)
train_dataloader = _base_.recipe_loader
