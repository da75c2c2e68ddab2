# ConvIR-S by the same recipe.
_base_ = "../convir_rain13k.py"

method = "ConvIR-S"
model = dict(network=dict(num_blocks=4))
