# NeRD-Rain-S on SPA-Data by the released schedule.
_base_ = [
    "../_base_/models/nerd_rain.py",
    "../_base_/datasets/spa.py",
    "../_base_/schedules/adam_nerd_rain.py",
    "../_base_/runtime/default.py",
]

method = "NeRD-Rain-S"
model = dict(network=dict(channels=32))
train_dataloader = _base_.recipe_loader
