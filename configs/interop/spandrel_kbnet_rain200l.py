# KBNet as spandrel builds it, on Rain200L; needs the package spandrel (docs/bridges.md).
# NAFNet's schedule, on the dataset's own batches: 24 patches of 64×64 pixels.
_base_ = [
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adamw_nafnet.py",
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
    loss=dict(type="CharbonnierLoss"),
)
