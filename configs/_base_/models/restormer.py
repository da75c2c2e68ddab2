# Restormer as released for deraining (CVPR 2022), trained by L1.
model = dict(type="Restorer", network=dict(type="Restormer"), loss=dict(type="L1Loss"))
