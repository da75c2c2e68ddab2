# ConvIR-B by the same recipe.
_base_ = "../convir_rain13k.py"

model = dict(network=dict(num_blocks=8))
