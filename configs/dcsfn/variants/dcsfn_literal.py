# DCSFN as the paper's equations 2 and 3 have it, where the released code differs: all features are
# fused before each unit, and the encoder's are added after it. 12,454,071 parameters.
_base_ = "../dcsfn_rain200h.py"

method = "DCSFN (literal)"
model = dict(network=dict(dense_fusion="before", skip="after"))
