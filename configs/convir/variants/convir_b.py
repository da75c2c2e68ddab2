# ConvIR-B by the same recipe.
_base_ = "../convir_rain13k.py"

method = "ConvIR-B"
model = dict(network=dict(num_blocks=8))
