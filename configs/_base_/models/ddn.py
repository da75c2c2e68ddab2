# DDN (CVPR 2017): 26 layers of 16 channels on the detail layer, trained by the squared error.
model = dict(type="Restorer", network=dict(type="DDN"), loss=dict(type="MSELoss"))
