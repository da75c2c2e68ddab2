# NLEDN by a recipe of our own on Rain1200. A patch of 128 makes cells of 16x16 at every level,
# where a whole image makes about 60x40.
_base_ = [
    "../_base_/models/nledn.py",
    "../_base_/datasets/rain1200.py",
    "../_base_/schedules/adam_nledn.py",
    "../_base_/runtime/default.py",
]

train_dataloader = dict(
    total_batch_size=8,
    sampler=dict(infinite=True),
    dataset=dict(pipeline=[dict(type="PairedRandomCrop", patch_size=128), dict(type="PackInputs")]),
)
test_evaluator = dict(protocols=["pil_y_skimage", "rgb_u8"])
