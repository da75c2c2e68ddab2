# DCSFN in the setting of the released code, where the paper's differs: C = 20, K = 4, and its
# augmentation, which a comment there leaves out for a fair comparison. 6,422,547 parameters.
_base_ = "../dcsfn_rain200h.py"

method = "DCSFN (released)"
model = dict(network=dict(channels=20, num_scales=4))
train_pipeline = [dict(type="DCSFNAugment", patch_size=64), dict(type="PackInputs")]
train_dataloader = dict(dataset=dict(pipeline=train_pipeline))
