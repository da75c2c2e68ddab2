# The smaller FADformer by the released schedule on Rain200H: 300 epochs in batches of 8.
_base_ = "../fadformer_rain200h.py"

model = dict(network=dict(channels=24, num_blocks=(2, 3, 4, 3, 2)))
train_cfg = dict(max_epochs=300)
param_scheduler = dict(T_max=300)
train_dataloader = dict(total_batch_size=8)
