# Uformer-T by the same recipe.
_base_ = "../uformer_spa.py"

model = dict(network=dict(channels=16))
