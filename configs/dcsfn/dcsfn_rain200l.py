# The paper's DCSFN by the paper's recipe on Rain200L, which the paper calls Rain100L. Two GPUs as
# there: tools/dist_train.sh configs/dcsfn/dcsfn_rain200l.py 2
_base_ = [
    "../_base_/models/dcsfn.py",
    "../_base_/datasets/rain200l.py",
    "../_base_/schedules/adam_800e.py",
    "../_base_/runtime/default.py",
]
