# dcsfn-small: DCSFN with fewer channels, recurrent units and convolutions, trained as derain-small.
# tools/dist_train.sh configs/hub/dcsfn_small.py 2
_base_ = "derain_small.py"

model = dict(
    network=dict(_delete_=True, type="DCSFN", channels=16, num_units=3, num_scales=3, num_convs=1),
)
