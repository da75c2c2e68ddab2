# NLEDN (ACM MM 2018). Its loss is not in the released code; L1 is our choice.
model = dict(type="Restorer", network=dict(type="NLEDN"), loss=dict(type="L1Loss"))
