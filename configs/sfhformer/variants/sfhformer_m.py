# SFHformer-M by the released schedule on Rain200H, in batches of 12.
_base_ = "../sfhformer_rain200h.py"

model = dict(network=dict(num_blocks=(4, 4, 8, 4, 4)))
train_dataloader = dict(total_batch_size=12)
