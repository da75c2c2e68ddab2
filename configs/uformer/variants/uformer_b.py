# Uformer-B by the same recipe.
_base_ = "../uformer_spa.py"

model = dict(network=dict(num_blocks=(1, 2, 8, 8, 2, 8, 8, 2, 1)))
