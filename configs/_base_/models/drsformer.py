# DRSformer with mixtures of operations (CVPR 2023), trained by L1; Rain200L and SPA-Data take the
# network without them.
model = dict(type="Restorer", network=dict(type="DRSformer"), loss=dict(type="L1Loss"))
