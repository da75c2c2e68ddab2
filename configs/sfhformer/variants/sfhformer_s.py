# SFHformer-S by the released schedule on Rain200H, in batches of 24.
_base_ = "../sfhformer_rain200h.py"

model = dict(network=dict(num_blocks=(2, 2, 4, 2, 2)))
train_dataloader = dict(total_batch_size=24)
